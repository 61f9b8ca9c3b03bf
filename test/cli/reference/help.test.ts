/** The list of commands is of those that work where it is asked for. */
import test from 'ava';
import { commands } from '../../../src/cli/commands/index.ts';
import { helpOf } from '../../../src/cli/reference/help.ts';

const terminal = {
  ...{ stdinIsTty: false, stdoutIsTty: false, stderrIsTty: false, columns: 80, color: false },
  out: () => {},
  err: () => {},
};

/** Which of these commands the help lists where the boot left `record`; undefined: not Bhojpur OS. */
async function listedOf(record: string | undefined, names: readonly string[]): Promise<string[]> {
  const readText = async () => {
    if (record === undefined) throw new Error('ENOENT');
    return record;
  };
  const text = (await helpOf(['--help'], { terminal, commands, files: { readText } })) ?? '';
  return names.filter((name) => new RegExp(`^  ${name}\\b`, 'm').test(text));
}

const row = test.macro(async (t, record: string | undefined, expected: readonly string[]) => {
  t.deepEqual(await listedOf(record, ['install', 'build', 'vm', 'status', 'config']), expected);
});

test('on another Linux install works, from an ISO', row, undefined, ['install', 'build', 'vm', 'config']);
test('in a live system', row, '{"mode": "live"}', ['install', 'status', 'config']);
test('in an installed system', row, '{"mode": "disk"}', ['status', 'config']);
