/** Deletion on real trees, with the real tools: what stays, what goes, and going on after having been killed. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { linuxHost } from '../../../src/host/linux/index.ts';
import { deleteOthers } from '../../../src/runtime/boot/delete-others.ts';

const host = linuxHost();
const { files } = host;
const asRoot = host.system.uid === 0 ? test : test.skip;

async function folderOf(t: ExecutionContext): Promise<string> {
  const folder = await files.makeTempDir('bos-delete-');
  // Exit code 1 for what has no flags.
  t.teardown(() => void spawnSync('chattr', ['-R', '-f', '-i', '-a', folder]));
  t.teardown(() => files.remove(folder));
  return folder;
}

/** Makes files with their folders; a path that ends in a slash is an empty folder. */
async function fill(root: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const full = join(root, path);
    await files.makeDir(path.endsWith('/') ? full : join(full, '..'));
    if (!path.endsWith('/')) await files.write(full, path);
  }
}

/** What is there, relative, sorted; bytes as they are. */
function listing(root: string): string[] {
  const out = execFileSync('find', [root, '-mindepth', '1', '-printf', '%P\\0'], { encoding: 'latin1' });
  return out.split('\0').filter(Boolean).toSorted();
}

const ours = [
  'bos/system/manifest.json',
  'bos/data/home/a b',
  'boot/grub/i386-pc/normal.mod',
  'boot/grub/grub.cfg',
];
const kept = { paths: ['bos', 'boot/grub', 'boot/grub2'], emptied: ['lost+found'] };
const left = [
  ...['bos', 'bos/data', 'bos/data/home', 'bos/data/home/a b', 'bos/system', 'bos/system/manifest.json'],
  ...['boot', 'boot/grub', 'boot/grub/grub.cfg', 'boot/grub/i386-pc', 'boot/grub/i386-pc/normal.mod'],
].toSorted();

const deletes = test.macro({
  title: (name) => `deletes ${name}, and what is ours stays`,
  exec: async (t, paths: readonly string[]) => {
    const root = await folderOf(t);
    await fill(root, [...ours, ...paths]);
    await deleteOthers(host, root, kept);
    t.deepEqual(listing(root), left);
    // Once more changes nothing.
    await deleteOthers(host, root, kept);
    t.deepEqual(listing(root), left);
  },
});
test('a system', deletes, [
  'etc/fstab',
  'usr/bin/sh',
  'var/lib/dpkg/status',
  'boot/vmlinuz-6.1',
  'boot/efi/',
]);
test('names with spaces', deletes, ['x boot/file', 'my bos', 'boot/old kernel', ' ', 'boot/ grub/x']);
test('dot files', deletes, ['.autorelabel', '.hidden/.deep', 'boot/.vmlinuz.hmac', '...', '..x']);
test('names that look like options or patterns', deletes, [
  '-rf',
  '--',
  '-exec/x',
  '*',
  '[b]os/x',
  'bo?/x',
  'b*',
  ';',
  '{}',
]);
test('line ends and quotes in names', deletes, [
  'two\nlines/x',
  'quote"',
  "apostrophe'",
  'back\\slash',
  '\t',
]);
test('names that begin or end like ours', deletes, [
  'bos2/x',
  'abos',
  'bos.old/x',
  'boot2/grub/x',
  'boot/grub.old/x',
  'boot/grubx',
]);

test('names that are no UTF-8 go, and links lead nowhere', async (t) => {
  const root = await folderOf(t);
  const outside = await folderOf(t);
  await fill(outside, ['precious/file']);
  await fill(root, ours);
  execFileSync('sh', [
    '-c',
    'cd "$1" && printf x > "$(printf "caf\\351")" && mkdir "$(printf "\\377d")" && touch "$(printf "\\377d/\\200")"',
    'sh',
    root,
  ]);
  await files.symlink(outside, join(root, 'link'));
  await files.symlink(join(outside, 'precious'), join(root, 'boot/link'));
  await files.symlink('nowhere', join(root, 'broken'));
  await deleteOthers(host, root, kept);
  t.deepEqual(listing(root), left);
  t.deepEqual(listing(outside), ['precious', 'precious/file']);
});

test('lost+found stays and is emptied', async (t) => {
  const root = await folderOf(t);
  await fill(root, [...ours, 'lost+found/#12/x', 'lost+found/.y']);
  await deleteOthers(host, root, kept);
  t.deepEqual(listing(root), [...left, 'lost+found'].toSorted());
});

test('any tree: what is named stays whole, nothing else does', async (t) => {
  const name = fc.stringMatching(/^[ -.0-~\n\t]{1,8}$/).filter((text) => !/^\.{1,2}$/.test(text));
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
  await fc.assert(
    fc.asyncProperty(fc.array(path, { maxLength: 8 }), async (paths) => {
      const root = await files.makeTempDir('bos-delete-any-');
      try {
        await fill(root, ours);
        for (const one of paths) await fill(root, [one]).catch(() => {});
        const before = listing(root).filter((one) => /^(bos|boot\/grub2?)(\/|$)/.test(one));
        await deleteOthers(host, root, kept);
        t.deepEqual(
          listing(root).filter((one) => one !== 'boot' && one !== 'lost+found'),
          before,
        );
      } finally {
        await files.remove(root);
      }
    }),
    { numRuns: 25 },
  );
});

asRoot('immutable and append-only files and folders go', async (t) => {
  const root = await folderOf(t);
  await fill(root, [...ours, 'etc/resolv.conf', 'var/log/audit', 'deep/er/file', 'boot/vmlinuz']);
  await files.symlink('/nowhere', join(root, 'deep/link'));
  for (const [flag, path] of [
    ['+i', 'etc/resolv.conf'],
    ['+a', 'var/log/audit'],
    ['+i', 'deep/er'],
    ['+i', 'boot/vmlinuz'],
    ['+i', 'boot'],
    ['+i', ''],
  ] as const)
    execFileSync('chattr', [flag, join(root, path)]);
  await deleteOthers(host, root, kept);
  t.deepEqual(listing(root), left);
});

asRoot('what is mounted below stays, on whatever it lies, with the folders above it', async (t) => {
  const root = await folderOf(t);
  const other = await folderOf(t);
  await fill(root, [
    ...ours,
    'home/me/file',
    'data of/others/x',
    'data of/gone',
    'srv/deep/file',
    'srv/file',
  ]);
  await fill(other, ['precious']);
  const mounts = ['home', 'data of/others', 'srv/deep'].map((path) => join(root, path));
  t.teardown(() => {
    for (const mount of mounts) execFileSync('umount', [mount]);
  });
  execFileSync('mount', ['-t', 'tmpfs', 'none', mounts[0] as string]);
  await files.write(join(root, 'home/on it'), 'kept');
  execFileSync('mount', ['--bind', other, mounts[1] as string]);
  // Of the same file system: rm would not notice.
  execFileSync('mount', ['--bind', join(root, 'bos'), mounts[2] as string]);
  await deleteOthers(host, root, kept);
  t.deepEqual(
    listing(root).filter((path) => !/^(bos|boot)(\/|$)/.test(path) && !path.startsWith('srv/deep/')),
    ['data of', 'data of/others', 'data of/others/precious', 'home', 'home/on it', 'srv', 'srv/deep'],
  );
  t.true(listing(root).includes('bos/system/manifest.json'));
});

test('what cannot be deleted is an error, and everything else is gone', async (t) => {
  const root = await folderOf(t);
  await fill(root, [...ours, 'etc/x', 'usr/y']);
  const failing = {
    ...host,
    processes: {
      ...host.processes,
      run: (command: string, args: readonly string[], options?: object) =>
        host.processes
          .run(
            command,
            // A folder that rm cannot delete.
            args.flatMap((arg) => (arg === '-exec' ? ['!', '-name', 'etc', '-exec'] : [arg])),
            options,
          )
          .then(async (result) => {
            if (args.includes('rm')) await host.processes.run('false', []);
            return result;
          }),
    },
  };
  await t.throwsAsync(deleteOthers(failing, root, kept), { code: 'tool-failed' });
  t.deepEqual(listing(root), [...left, 'etc', 'etc/x'].toSorted());
});

test('killed at any moment, it goes on where it was', async (t) => {
  const root = await folderOf(t);
  await fill(root, ours);
  const make =
    'cd "$1" && for f in $(seq 90); do mkdir -p "usr $f/deep" && (cd "usr $f/deep" && seq 9 | xargs touch); done';
  execFileSync('sh', ['-c', make, 'sh', root]);
  // In place of rm: a few trees go, then a part of one, and then everything that works on it dies with its group.
  const cut = `shift 3; n=0; for p; do
    n=$((n + 1)); [ $n -lt 15 ] || { rm -f -- "$p"/deep/[1-4]; kill -9 0; }
    rm -rf -- "$p"; done`;
  const script = `
    const { linuxHost } = await import(${JSON.stringify(join(import.meta.dirname, '../../../src/host/linux/index.ts'))});
    const { deleteOthers } = await import(${JSON.stringify(join(import.meta.dirname, '../../../src/runtime/boot/delete-others.ts'))});
    const host = linuxHost();
    const run = (command, args, options) => host.processes.run(
      command,
      args.flatMap((arg) => (arg === 'rm' ? ['sh', '-c', ${JSON.stringify(cut)}, arg] : [arg])),
      options,
    );
    const cutting = { ...host, processes: { ...host.processes, run } };
    await deleteOthers(cutting, ${JSON.stringify(root)}, ${JSON.stringify(kept)});`;
  for (let round = 1; round <= 4; round += 1) {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      detached: true,
      stdio: 'ignore',
    });
    const [, signal] = await once(child, 'exit');
    t.is(signal, 'SIGKILL');
    const now = listing(root);
    t.true(now.length > left.length, 'something is left to do');
    t.deepEqual(
      now.filter((path) => /^(bos|boot)(\/|$)/.test(path)),
      left,
    );
  }
  await deleteOthers(host, root, kept);
  t.deepEqual(listing(root), left);
});
