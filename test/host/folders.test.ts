import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { linuxHost } from '../../src/host/linux/index.ts';

const { files, system } = linuxHost();

async function folder(t: ExecutionContext): Promise<string> {
  const path = await files.makeTempDir('bos-test-');
  t.teardown(() => files.remove(path));
  return path;
}

test('an open folder stays the one that was opened', async (t) => {
  const root = await folder(t);
  await files.makeDir(join(root, 'elsewhere'));
  const open = await files.openFolder(join(root, 'a'), 0o750);
  t.is((await files.stat(join(root, 'a')))?.mode, 0o750);
  await files.rename(join(root, 'a'), join(root, 'moved'));
  await files.symlink('elsewhere', join(root, 'a'));
  await files.writeAtomic(join(open.path, 'file'), 'x');
  await open.close();
  t.deepEqual(await files.list(join(root, 'elsewhere')), []);
  t.deepEqual(await files.list(join(root, 'moved')), ['file']);
});

test('a folder that is made has the mode asked for, whatever the umask', async (t) => {
  const root = await folder(t);
  const umask = process.umask(0o077);
  t.teardown(() => process.umask(umask));
  await (await files.openFolder(join(root, 'a'), 0o755)).close();
  t.is((await files.stat(join(root, 'a')))?.mode, 0o755);
});

test('a folder is made only when asked for, and one that is there keeps its mode', async (t) => {
  const root = await folder(t);
  await t.throwsAsync(files.openFolder(join(root, 'none')), { code: 'ENOENT' });
  await files.makeDir(join(root, 'there'), 0o700);
  await (await files.openFolder(join(root, 'there'), 0o755)).close();
  t.is((await files.stat(join(root, 'there')))?.mode, 0o700);
});

test('neither a link nor a file is opened as a folder', async (t) => {
  const root = await folder(t);
  await files.makeDir(join(root, 'there'));
  await files.symlink('there', join(root, 'link'));
  await files.write(join(root, 'file'), '');
  for (const name of ['link', 'file']) {
    const error = await t.throwsAsync<NodeJS.ErrnoException>(files.openFolder(join(root, name), 0o755));
    t.true(['ELOOP', 'ENOTDIR'].includes(error?.code ?? ''), error?.code);
  }
});

const asRoot = system.uid === 0 ? test : test.skip;
asRoot('an atomic write gives owner and mode, the set-user-ID bit too, whatever the umask', async (t) => {
  const root = await folder(t);
  const umask = process.umask(0o077);
  t.teardown(() => process.umask(umask));
  await files.writeAtomic(join(root, 'f'), 'x', { mode: 0o4755, owner: { uid: 1234, gid: 5678 } });
  t.like(await files.stat(join(root, 'f')), { mode: 0o4755, uid: 1234, gid: 5678 });
  t.deepEqual(await files.list(root), ['f']);
});

test('a mode is changed', async (t) => {
  const root = await folder(t);
  await files.write(join(root, 'f'), 'x');
  await files.chmod(join(root, 'f'), 0o640);
  t.is((await files.stat(join(root, 'f')))?.mode, 0o640);
});

asRoot('an owner is changed, of a link itself and not of what it leads to', async (t) => {
  const root = await folder(t);
  await files.write(join(root, 'f'), 'x');
  await files.chown(join(root, 'f'), 1234, 5678);
  t.like(await files.stat(join(root, 'f')), { uid: 1234, gid: 5678 });
  await files.symlink('f', join(root, 'link'));
  await files.chown(join(root, 'link'), 4321, 8765);
  t.like(await files.stat(join(root, 'link')), { uid: 4321, gid: 8765 });
  t.like(await files.stat(join(root, 'f')), { uid: 1234, gid: 5678 });
});
