/** `opsctl datastore` as its service runs it, on a real file system. */
import { join } from 'node:path';
import test from 'ava';
import { datastoreCommand } from '../../../../src/cli/commands/datastore/command.ts';
import { fakeRoot, real } from '../../../runtime/fake-root.ts';
import { runInside } from '../inside.ts';
import { runProgram } from '../install/fake-world.ts';

const server = 'var/lib/bhojpur/dcp/server';
const folder = `${server}/bos-datastore`;

test('the next DCP and back: the datastore as it was, that of the next one aside', async (t) => {
  const fake = await fakeRoot(t);
  const start = async (dcp: string) => {
    const boot = { v: 1, mode: 'disk', state: '/dev/vda3', kernel: '6', os: '1', dcp, try: '' };
    await fake.write('run/bos/boot.json', JSON.stringify(boot));
    return runInside(fake, datastoreCommand, []);
  };
  await fake.write('bos/system/dcp/v1/dcp', '');
  await fake.write(`${server}/db/state.db`, 'rows');
  t.like(await start('v1'), { exitCode: 0, out: '', err: '' });
  const next = await start('v2');
  t.is(next.exitCode, 0, next.err);
  t.regex(next.err, /^bos: the datastore of DCP v1 is kept \(8\.2 kB\): a return sets it back$/m);
  t.is(await fake.read(`${folder}/kept/v1/state.db`), 'rows');
  await fake.write(`${server}/db/state.db`, 'rows of v2');
  const back = await start('v1');
  t.is(back.exitCode, 0, back.err);
  t.regex(back.err, /^bos: the datastore of DCP v1 of .* UTC is set back$/m);
  t.is(await fake.read(`${server}/db/state.db`), 'rows');
  const [name = ''] = await real.files.list(join(fake.root, folder, 'aside'));
  t.is(await fake.read(`${folder}/aside/${name}/state.db`), 'rows of v2');
});

test('a fault is told, kept for status, and fails the service', async (t) => {
  const fake = await fakeRoot(t, { mode: 'disk', state: '/dev/vda3', dcp: 'v2' });
  await fake.write(`${folder}/record.json`, '{');
  const { exitCode, err } = await runInside(fake, datastoreCommand, []);
  t.is(exitCode, 3);
  t.regex(err.replaceAll(/\s+/g, ' '), /is not a record of the datastore of DCP/);
  t.regex(await fake.read('run/bos/datastore-fault'), /is not a record of the datastore of DCP/);
});

test('a system that is not Bhojpur OS is left alone', async (t) => {
  const { exitCode, err } = await runProgram(['datastore'], { commands: [datastoreCommand] });
  t.is(exitCode, 3);
  t.regex(err, /not Bhojpur OS/);
});
