/**
 * bos.ntp_servers and bos.dns_nameservers: what connman falls back to, in its main.conf. connman reads that file at
 * its start only. So what it started with is kept, and the runtime phase restarts it when the file says something
 * else by now: changed here, or by write_files, which has written it before.
 *
 * /etc is new at every boot: a key that left the configuration leaves main.conf with the next one.
 */
import { isAddress, isHost } from '../../../config/checks/addresses.ts';
import type { KeyName } from '../../../config/keys/keys.ts';
import { messageWithDetails } from '../../../errors.ts';
import type { Files, Host } from '../../../host/ports.ts';
import type { ApplyContext } from '../applier.ts';
import { jointApplier, throwAll } from '../applier.ts';
import { applyFallbackNameservers } from './fallback-nameservers.ts';
import { brokenLine, setKey } from './key-file.ts';

export const mainFile = '/etc/connman/main.conf';
/** The one of the image, which keeps connman away from the interfaces of containers. */
const shippedFile = '/run/bos/os/etc/connman/main.conf';
/** A copy of main.conf as the running connman read it. */
export const startedFile = '/run/bos/connman-main.conf';

const options = [
  {
    key: 'bos.ntp_servers',
    option: 'FallbackTimeservers',
    fits: isHost,
    expected: 'a host name or an IP address',
  },
  { key: 'bos.dns_nameservers', option: 'FallbackNameservers', fits: isAddress, expected: 'an IP address' },
] as const;
const keys: readonly KeyName[] = options.map(({ key }) => key);

export const connmanApplier = jointApplier({
  name: 'connman',
  keys,
  always: true,
  run: async (context) => {
    const { host, phase, path } = context;
    const faults: string[] = [];
    const before = await readBytes(host.files, path(mainFile));
    const after = await edited(context, before, faults);
    if (after !== before) await writeMain(context, after ?? '');
    const broken = brokenLine(after ?? '');
    if (broken !== undefined) {
      faults.push(`${mainFile}: connman ignores it, because line ${broken} is not KEY=VALUE in a [group]`);
    }
    if (phase === 'runtime') {
      const started = await readBytes(host.files, path(startedFile));
      if ((after ?? '') !== (started ?? before ?? '')) {
        context.log?.('main.conf has changed: connman is restarted');
        await restartConnman(host)
          .then(() => host.files.write(path(startedFile), bytes(after ?? '')))
          .catch((error) => faults.push(messageWithDetails(error)));
      }
    }
    await applyFallbackNameservers(context, after ?? '').catch((error) =>
      faults.push(messageWithDetails(error)),
    );
    throwAll(faults);
  },
});

/** The last of the boot phase: nothing changes main.conf any more before connman starts. */
export const connmanStartApplier = jointApplier({
  name: 'connman start',
  keys,
  always: true,
  run: async ({ host, phase, path }) => {
    if (phase !== 'boot') return;
    await host.files.write(path(startedFile), bytes((await readBytes(host.files, path(mainFile))) ?? ''));
  },
});

/** The text with what the keys say, undefined when there is no file and no need of one. */
async function edited({ host, config, path }: ApplyContext, present: string | undefined, faults: string[]) {
  const asked = options.filter(({ key }) => config[key] !== undefined);
  if (asked.length === 0) return present;
  let text = present ?? (await readBytes(host.files, path(shippedFile))) ?? '';
  for (const { key, option, fits, expected } of asked) {
    const values = [...new Set((config[key] ?? []).map((value) => value.trim()))];
    const good = values.filter(fits);
    for (const value of values) {
      if (!fits(value)) faults.push(`${key}: ${JSON.stringify(value)} is not ${expected}`);
    }
    // connman.conf(5): separated by commas. An empty list takes away; a faulty one says nothing.
    if (good.length > 0) text = setKey(text, 'General', option, good.join(','));
    else if (values.length === 0) text = setKey(text, 'General', option, undefined);
  }
  return text;
}

async function writeMain({ host, path }: ApplyContext, text: string): Promise<void> {
  const file = path(mainFile);
  const stat = await host.files.stat(file);
  await host.files.makeDir(path('/etc/connman'), 0o755);
  await host.files.writeAtomic(file, bytes(text), { mode: stat?.type === 'file' ? stat.mode : 0o644 });
  if (stat?.type === 'file') await host.files.chown(file, stat.uid, stat.gid);
}

/** Where it runs. The network goes and comes back; the keys that follow need it. */
export async function restartConnman({ processes }: Host): Promise<void> {
  await processes.run('systemctl', ['try-restart', 'connman.service'], { timeoutMs: 60_000 });
  // A machine may well be without a network: not this key's fault.
  await processes.run('connmand-wait-online', ['--timeout=20'], { timeoutMs: 30_000 }).catch(() => undefined);
}

/** Byte for byte, as a file of somebody else's may be in any encoding. Undefined when there is none. */
const readBytes = async (files: Files, path: string): Promise<string | undefined> =>
  (await files.exists(path)) ? (await files.read(path)).toString('latin1') : undefined;
const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
