/** A file or folder that is not there: every command that takes one refuses it in the same way, with exit code 3. */
import { join } from 'node:path';
import test from 'ava';
import { commands } from '../../src/cli/commands/index.ts';
import { linuxHost } from '../../src/host/linux/index.ts';
import { temporaryFolder } from '../formats/support.ts';
import { runProgram } from './commands/install/fake-world.ts';

const host = linuxHost();
const run = (argv: readonly string[]) =>
  runProgram(argv, { commands, host: { ...host, system: { ...host.system, env: {} } } });

/** NONE is where nothing is. */
const lines = [
  'profile validate NONE',
  'profile render NONE',
  'profile diff NONE NONE',
  'pack validate NONE',
  'pack validate NONE.tar.gz',
  'pack validate --fix NONE',
  'pack show NONE',
  'pack show NONE.tgz',
  'pack build NONE',
  'pack push NONE 127.0.0.1:1/x',
  'pack push NONE 127.0.0.1:1/x --ca-file NONE',
  'pack init --kind edge --uri NA --build NONE',
  'pack init --kind edge --uri NA --logo NONE',
  'terraform NONE',
  'terraform validate NONE',
  'edge validate NONE',
  'edge site NONE -o NONE.iso',
  'edge iso NONE --user-data NONE',
  'edge iso NONE --content NONE',
  'edge iso NONE --cluster-config NONE',
  'edge iso NONE --custom-config NONE',
  'plan validate NONE',
  'config validate NONE',
  'config show NONE',
  'config migrate NONE',
  'patch drain-config NONE',
  'oci push NONE 127.0.0.1:1/x',
  'oci join NONE -o NONE.tar',
  'oci inspect oci-archive:NONE',
  'iso inspect NONE',
  'iso verify NONE',
  'iso remaster NONE --append-karg a',
  'image inspect NONE',
  'image edit NONE --append-karg a',
  'image os-list NONE --url https://x.example/ --device pi5-64bit',
  'pxe kit NONE.kit --from NONE',
  'vm run NONE',
  'install /dev/null --facts NONE --dry-run',
];

for (const line of lines)
  test(line, async (t) => {
    const none = join(temporaryFolder(t), 'none');
    const { exitCode, out, err } = await run(line.split(' ').map((word) => word.replace('NONE', none)));
    t.is(exitCode, 3, err);
    t.regex(err.replaceAll(/\s+/g, ' '), /none\S* ?(cannot be (read|read or mended)|does not exist)/);
    t.false(out.includes('at '), out);
  });

for (const line of ['profile', 'pack', 'terraform', 'edge', 'plan'])
  test(`${line} validate: as JSON, and beside a file with faults`, async (t) => {
    const folder = temporaryFolder(t);
    const none = join(folder, 'none');
    const json = await run([line, 'validate', none, '--json']);
    t.is(json.exitCode, 3);
    const { diagnostics } = JSON.parse(json.out) as { diagnostics: { file: string; message: string }[] };
    t.like(diagnostics, [{ file: none }]);
    t.regex(diagnostics[0]?.message ?? '', /^cannot be read: it does not exist/);
    // What is read and wrong is wrong on any machine.
    const faulty = join(folder, 'faulty');
    if (line === 'pack') await host.files.makeDir(faulty);
    else await host.files.write(faulty, '}{');
    const both = await run([line, 'validate', none, faulty]);
    t.is(both.exitCode, 2);
    t.regex(both.err, /There are \d+ errors in /);
    t.regex(both.err, /none: cannot be read/);
    t.is((await run([line, 'validate', none, faulty, '--json'])).exitCode, 2);
    const several = await run([line, 'validate', none, `${none}2`]);
    t.is(several.exitCode, 3);
    t.regex(several.err, /2 files cannot be read/);
  });
