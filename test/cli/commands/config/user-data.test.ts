/** `opsctl config validate user-data`: what goes onto a boot partition, with keys of cloud-init and ours. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { configCommand } from '../../../../src/cli/commands/config/command.ts';
import { linuxHost } from '../../../../src/host/linux/index.ts';
import { temporaryFolder } from '../../../formats/support.ts';
import { runProgram } from '../install/fake-world.ts';

test('a file of that name may have keys of cloud-init; one of another name may not', async (t) => {
  const folder = temporaryFolder(t);
  const check = (command: string, name: string) =>
    runProgram(['config', command, join(folder, name)], { commands: [configCommand], host: linuxHost() });
  for (const name of ['user-data', 'User-Data.txt', 'node.yaml'])
    writeFileSync(join(folder, name), 'users: [{name: a, passwd: $6$x$y}]\nhostname: b\n');
  for (const name of ['user-data', 'User-Data.txt']) {
    const { exitCode, out, err } = await check('validate', name);
    t.is(exitCode, 0, err);
    t.regex(out, /: valid\n/);
  }
  t.regex((await check('show', 'user-data')).out, /hostname: b[\s\S]*password: /);
  const other = await check('validate', 'node.yaml');
  t.is(other.exitCode, 2);
  t.regex(other.err, /users: is not a key/);
  writeFileSync(join(folder, 'user-data'), 'users: [{name: a, passwd: $6$x$y}]\nbos:\n  tokn: x\n');
  t.regex((await check('validate', 'user-data')).err, /user-data:3:3: bos\.tokn: is not a key/);
});
