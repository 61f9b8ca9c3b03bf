/** How the Linux that runs reaches its network, asked of its own programs. Reads only. */
import type { RunningNetwork } from '../../../config/network-formats/from-running.ts';
import { refused } from '../../../errors.ts';
import type { Host } from '../../../host/ports.ts';

const timeoutMs = 20_000;

/** In this order: where programs on the machine itself answer, they keep those of the network elsewhere. */
const resolvConfs = [
  '/etc/resolv.conf',
  '/run/systemd/resolve/resolv.conf',
  '/run/NetworkManager/no-stub-resolv.conf',
];

/** Throws OpsError (refused) `ip-output`, or `tool-missing`. */
export async function readRunningNetwork(host: Host): Promise<RunningNetwork> {
  const links = await ip(host, '-d', 'address', 'show');
  return {
    links,
    routes: [await ip(host, '-4', 'route', 'show'), await ip(host, '-6', 'route', 'show')],
    // Not every kernel has them.
    rules: await Promise.all(['-4', '-6'].map((family) => ip(host, family, 'rule', 'show').catch(() => []))),
    resolvConf: await resolvConf(host),
    connman: await connman(host),
    wireless: await wireless(host),
  };
}

/** What ip(8) prints as JSON. */
async function ip({ processes }: Host, ...words: readonly string[]): Promise<unknown> {
  const { stdout } = await processes.run('ip', ['-j', ...words], { timeoutMs });
  try {
    // A family that the kernel does not have has nothing.
    return stdout.trim() === '' ? [] : JSON.parse(stdout);
  } catch (cause) {
    throw refused('ip-output', `Expected JSON from ip ${words.join(' ')}`, { cause });
  }
}

/** The first that names a server elsewhere. */
async function resolvConf({ files }: Host): Promise<string> {
  const texts: string[] = [];
  for (const path of resolvConfs) {
    const text = await files.readText(path).catch(() => '');
    if (/^nameserver\s+(?!127\.|::1\s*$)/m.test(text)) return text;
    texts.push(text);
  }
  return texts[0] ?? '';
}

/** Undefined where there is none, or it does not answer. */
async function connman({ files, processes }: Host): Promise<unknown> {
  if (!(await files.exists('/var/lib/connman'))) return undefined;
  const call = ['call', 'net.connman', '/', 'net.connman.Manager', 'GetServices'];
  try {
    const { stdout } = await processes.run('busctl', ['--json=short', ...call], { timeoutMs });
    return JSON.parse(stdout) as unknown;
  } catch {
    return undefined;
  }
}

/** The kernel links a radio to what drives it. */
async function wireless({ files }: Host): Promise<readonly string[]> {
  const folder = '/sys/class/net';
  const names = await files.list(folder);
  const isRadio = await Promise.all(names.map((name) => files.exists(`${folder}/${name}/phy80211`)));
  return names.filter((_, index) => isRadio[index]);
}
