/** What `opsctl upgrade` says at its end: what comes next. */
import test from 'ava';
import { upgradeCommand } from '../../../../src/cli/commands/upgrade/command.ts';
import { fakeNode, medium } from '../../../upgrade/node.ts';
import { runProgram } from '../install/fake-world.ts';

const next = { kernel: '6.1.0-49-amd64', os: '0.2.0' };
const upgrade = async (...argv: readonly string[]) => {
  const host = fakeNode({ files: medium('/medium', next) });
  const { exitCode, out } = await runProgram(['upgrade', ...argv], { commands: [upgradeCommand], host });
  return { exitCode, out, ran: host.ran };
};

test('committed: the node has to be restarted; with --reboot it is', async (t) => {
  const { exitCode, out, ran } = await upgrade('/medium');
  t.is(exitCode, 0);
  t.regex(out, /^The next start is of 0\.2\.0 .*Restart the node when it suits: sudo reboot\.\n$/);
  t.false(ran.includes('systemctl reboot'));
  const restarted = await upgrade('/medium', '--reboot');
  t.notRegex(restarted.out, /Restart the node/);
  t.is(restarted.ran.at(-1), 'systemctl reboot');
});

test('staged: nothing but a commit makes it start', async (t) => {
  const { exitCode, out } = await upgrade('/medium', '--stage');
  t.is(exitCode, 0);
  t.is(
    out,
    '0.2.0 (kernel 6.1.0-49-amd64, without DCP) is on the disk. `opsctl upgrade --commit` makes it start.\n',
  );
});
