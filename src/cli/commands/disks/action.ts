/** Runs `opsctl disks`. */
import { probeBootRecord } from '../../../disk/probe/machine.ts';
import { probeDisks } from '../../../disk/probe/probe-disks.ts';
import type { CommandAction } from '../../command.ts';
import { sudoLine } from '../../terminal/sudo.ts';
import { disksText } from './report.ts';

export const listDisks: CommandAction = async ({ host, terminal }, _args, options) => {
  const record = await probeBootRecord(host, { root: '' });
  const disks = await probeDisks(host, record);
  const medium = record?.medium ?? '';
  const json = options.json === true;
  terminal.out(
    json
      ? `${JSON.stringify({ v: 1, medium, disks }, null, 2)}\n`
      : disksText(disks, medium, terminal.columns),
  );
  if (host.system.uid !== 0) {
    const argv = ['disks', ...(json ? ['--json'] : [])];
    terminal.err(
      `What is on the disks is incomplete: only root can read them. Run it with sudo: ${sudoLine(argv)}\n`,
    );
  }
  return 0;
};
