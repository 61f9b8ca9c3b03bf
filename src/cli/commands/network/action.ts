/** Runs `opsctl network show`. */
import { stringify } from 'yaml';
import { fromRunning } from '../../../config/network-formats/from-running.ts';
import { readRunningNetwork } from '../../../install/takeover/carry/read-network.ts';
import type { CommandAction } from '../../command.ts';

export const showNetwork: CommandAction = async ({ host, terminal }) => {
  const { config, notes } = fromRunning(await readRunningNetwork(host));
  const comments = notes.map(([severity, message]) => `# ${severity}: ${message}\n`).join('');
  // Of a value that reads as another type YAML 1.1 would make a number.
  const isPlain = Object.keys(config.bos as object).length === 0;
  if (isPlain)
    terminal.out(`${comments}# Every interface asks DHCP, as each one does without a configuration.\n`);
  else terminal.out(`${comments}${stringify(config, asNumbers, { version: '1.1', lineWidth: 0 })}`);
  return 0;
};

/** What people write as numbers. */
const numbers = ['mtu', 'id', 'metric'];
const asNumbers = (key: unknown, value: unknown): unknown =>
  numbers.includes(String(key)) && /^\d+$/.test(String(value)) ? Number(value) : value;
