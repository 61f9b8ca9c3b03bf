/** The copy on a real file system: every file, its mode, and nothing under its name before it is whole. */
import { join } from 'node:path';
import test from 'ava';
import { copyFolder } from '../../../src/runtime/datastore/copy-folder.ts';
import { fakeRoot, real } from '../fake-root.ts';

test('files, folders, links and modes; sockets are left out', async (t) => {
  const { root, host, write, read, mode, effects } = await fakeRoot(t);
  const { files } = real;
  const at = (path: string) => join(root, path);
  await write('db/state.db', 'rows');
  await write('db/etc/nested/more', 'x'.repeat(100_000));
  await files.chmod(at('db/state.db'), 0o640);
  await files.chmod(at('db/etc'), 0o750);
  await files.symlink('state.db', at('db/link'));
  await real.processes.run('mkfifo', [at('db/pipe')]);
  await write('partial/left-over', '');
  await write('kept/v1/left-over', '');
  await copyFolder(host, { from: at('db'), partial: at('partial'), to: at('kept/v1') });
  t.deepEqual(await files.list(at('kept/v1')), ['etc', 'link', 'state.db']);
  t.is(await read('kept/v1/etc/nested/more'), 'x'.repeat(100_000));
  t.is(await files.readLink(at('kept/v1/link')), 'state.db');
  t.is(await mode('kept/v1/state.db'), '640');
  t.is(await mode('kept/v1/etc'), '750');
  t.is(await mode('kept/v1'), await mode('db'));
  t.is((await files.stat(at('kept/v1/state.db')))?.uid, real.system.uid);
  const { uid, gid } = (await files.stat(at('db/link'))) ?? {};
  t.true(effects.includes(`chown ROOT/partial/link ${uid}:${gid}`), effects.join('\n'));
  t.false(await files.exists(at('partial')));
  // Until a folder has the mode of its original it is for root alone: what is in it may be secret.
  await copyFolder(host, { from: at('db'), partial: at('beside/partial'), to: at('kept/v1') });
  for (const folder of ['partial', 'partial/etc', 'partial/etc/nested', 'kept', 'beside'])
    t.true(effects.includes(`mkdir ROOT/${folder} 0700`), `${folder}\n${effects.join('\n')}`);
});
