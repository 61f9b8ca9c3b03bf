/** Runs `opsctl network show`. */
import { stringify } from 'yaml';
import { fromRunning } from '../../../config/network-formats/from-running.ts';
import { refused } from '../../../errors.ts';
import type { Host } from '../../../host/ports.ts';
import type { CommandAction } from '../../command.ts';

export const showNetwork: CommandAction = async ({ host, terminal }) => {
  const { config, notes } = fromRunning({
    links: await ip(host, '-d', 'address', 'show'),
    routes: [await ip(host, '-4', 'route', 'show'), await ip(host, '-6', 'route', 'show')],
    resolvConf: await host.files.readText('/etc/resolv.conf').catch(() => ''),
  });
  const comments = notes.map(([severity, message]) => `# ${severity}: ${message}\n`).join('');
  // Of a value that reads as another type YAML 1.1 would make a number.
  const isPlain = Object.keys(config.bos as object).length === 0;
  if (isPlain)
    terminal.out(`${comments}# Every interface asks DHCP, as each one does without a configuration.\n`);
  else terminal.out(`${comments}${stringify(config, { version: '1.1', lineWidth: 0 })}`);
  return 0;
};

/** What ip(8) prints as JSON. Throws OpsError (refused) `ip-output`, or `tool-missing`. */
async function ip({ processes }: Host, ...words: readonly string[]): Promise<unknown> {
  const { stdout } = await processes.run('ip', ['-j', ...words], { timeoutMs: 20_000 });
  try {
    // A family that the kernel does not have has nothing.
    return stdout.trim() === '' ? [] : JSON.parse(stdout);
  } catch (cause) {
    throw refused('ip-output', `Expected JSON from ip ${words.join(' ')}`, { cause });
  }
}
