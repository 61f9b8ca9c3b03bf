/** What `opsctl image create` makes of its options before anything runs. */
import test from 'ava';
import { imageCommand } from '../../../../src/cli/commands/image/command.ts';
import { fakeHost } from '../../../fakes/host.ts';
import { runProgram } from '../install/fake-world.ts';

const create = (...argv: readonly string[]) =>
  runProgram(['image', 'create', ...argv], { commands: [imageCommand], host: fakeHost() });

test('a format or a method that is unknown is refused with the choices', async (t) => {
  const format = await create('-o', '/x/node.img', '--format', 'vdi');
  t.is(format.exitCode, 2);
  t.regex(format.err, /--format vdi is unknown\n +choices: raw, qcow2, vmdk, vhd, vhdx, ova, gce\n/);
  const method = await create('-o', '/x/node.img', '--compress', 'bz2');
  t.is(method.exitCode, 2);
  t.regex(method.err, /--compress bz2 is unknown\n +choices: gz, xz, zst\n/);
});

test('a name that does not tell the format is refused', async (t) => {
  const { exitCode, err } = await create('-o', '/x/node.bin');
  t.is(exitCode, 2);
  t.regex(err, /node\.bin does not say which format/);
  t.is((await create('-o', '/x/node.ova', '--compress', 'gz')).exitCode, 2);
});

test('the help names every format and method', async (t) => {
  const { out } = await create('--help');
  for (const word of ['raw, qcow2, vmdk, vhd, vhdx, ova, gce', 'gz, xz, zst', 'node.qcow2', '--no-checksums'])
    t.true(out.replaceAll(/\s+/g, ' ').includes(word), word);
});
