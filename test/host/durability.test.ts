/**
 * In which order files of the real host reach the disk, as Node.js is asked for it: what an fsync that is missing
 * costs shows at the next power cut, and in no other test.
 */
import { constants, fstatSync, readdirSync, readlinkSync } from 'node:fs';
import fs, { type FileHandle, open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { linuxHost } from '../../src/host/linux/index.ts';

const { files } = linuxHost();
const folder = await files.makeTempDir('bos-durable-');

let log: string[] = [];
/** Temporary names are of chance; the folder of this test is too. */
const nameOf = (path: string) =>
  path === folder ? 'FOLDER' : basename(path).replace(/^\.(.*?)\..*\.tmp$/, '$1.tmp');

const prototype = Object.getPrototypeOf(await open('/dev/null')) as FileHandle;
type Method = 'writeFile' | 'write' | 'sync' | 'truncate' | 'chmod' | 'chown';
for (const method of ['writeFile', 'write', 'sync', 'truncate', 'chmod', 'chown'] as Method[]) {
  const original = prototype[method] as (...args: unknown[]) => Promise<unknown>;
  Object.assign(prototype, {
    [method](this: FileHandle, ...args: unknown[]) {
      const path = readlinkSync(`/proc/self/fd/${this.fd}`);
      const mode = `0${(fstatSync(this.fd).mode & 0o777).toString(8)}`;
      const detail = { writeFile: ` of mode ${mode}`, chmod: ` 0${Number(args[0]).toString(8)}` };
      if (path.startsWith(folder)) log.push(`${method} ${nameOf(path)}${detail[method as 'chmod'] ?? ''}`);
      return original.apply(this, args);
    },
  });
}
const { rename, open: plainOpen } = fs;
/** Of reading past the cache: where a file system cannot do that, its cache is dropped. */
let takesDirect = true;
fs.open = async (path, flags, mode) => {
  if (typeof flags === 'number' && flags & constants.O_DIRECT) {
    log.push(`open-direct ${nameOf(readlinkSync(`${path}`))}`);
    if (!takesDirect) throw Object.assign(new Error('EINVAL'), { code: 'EINVAL' });
  }
  return plainOpen(path, flags, mode);
};
fs.rename = (from, to) => {
  log.push(`rename ${nameOf(`${from}`)} ${nameOf(`${to}`)}`);
  return rename(from, to);
};
syncBuiltinESMExports();
test.after.always(() => files.remove(folder));

/** What of the folder this process has open. */
const held = () =>
  readdirSync('/proc/self/fd')
    .map((number) => linkOf(number))
    .filter((path) => path.startsWith(folder));

function linkOf(number: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${number}`);
  } catch {
    // The one that the listing itself had.
    return '';
  }
}

async function logged(t: ExecutionContext, work: () => Promise<unknown>): Promise<string[]> {
  const before = held().length;
  log = [];
  await work();
  t.is(held().length, before, 'nothing stays open');
  return log;
}

test.serial('a write is synced with its folder when asked for, and only then', async (t) => {
  t.deepEqual(await logged(t, () => files.write(`${folder}/a`, 'x', { sync: true })), [
    'writeFile a of mode 0644',
    'sync a',
    'sync FOLDER',
  ]);
  t.deepEqual(await logged(t, () => files.write(`${folder}/b`, 'x')), ['writeFile b of mode 0644']);
});

test.serial('a mode is there before the content is, also on a file that has another one', async (t) => {
  const secret = { mode: 0o600 };
  const expected = ['chmod c 0600', 'writeFile c of mode 0600'];
  t.deepEqual(await logged(t, () => files.write(`${folder}/c`, 'x', secret)), expected);
  await files.chmod(`${folder}/c`, 0o644);
  t.deepEqual(await logged(t, () => files.write(`${folder}/c`, 'y', secret)), expected);
});

test.serial(
  'an atomic write is whole, owned and synced before it gets its name, and then its folder is',
  async (t) => {
    const written = await logged(t, () =>
      files.writeAtomic(`${folder}/d`, 'x', {
        mode: 0o640,
        owner: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
      }),
    );
    t.deepEqual(written, [
      // Nobody else opens it while it has no owner.
      'writeFile d.tmp of mode 0600',
      'chown d.tmp',
      'chmod d.tmp 0640',
      'sync d.tmp',
      'rename d.tmp d',
      'sync FOLDER',
    ]);
  },
);

test.serial('an atomic write that fails leaves nothing, and no handle open', async (t) => {
  await files.makeDir(`${folder}/taken`);
  const written = await logged(t, () => t.throwsAsync(files.writeAtomic(`${folder}/taken`, 'x')));
  t.deepEqual(written.slice(-2), ['sync taken.tmp', 'rename taken.tmp taken']);
  t.deepEqual(
    (await files.list(folder)).filter((name) => name.endsWith('.tmp')),
    [],
  );
});

test.serial('an atomic write follows no link that somebody has put where it writes first', async (t) => {
  const { hrtime } = process;
  const { bigint } = hrtime;
  t.teardown(() => Object.assign(hrtime, { bigint }));
  hrtime.bigint = () => 36n;
  await files.write(`${folder}/victim`, 'as it was');
  await files.symlink('victim', `${folder}/.g.${process.pid}-10.tmp`);
  await t.throwsAsync(files.writeAtomic(`${folder}/g`, 'x'), { code: 'EEXIST' });
  t.is(await files.readText(`${folder}/victim`), 'as it was');
});

test.serial('a new size is synced', async (t) => {
  await files.write(`${folder}/e`, 'xyz');
  t.deepEqual(await logged(t, () => files.resize(`${folder}/e`, 1)), ['truncate e', 'sync e']);
});

test.serial('an open file is synced when asked for, and before its cache is dropped', async (t) => {
  const file = await files.open(`${folder}/f`, 'w');
  t.deepEqual(await logged(t, () => file.write(0, Buffer.from('x'))), ['write f']);
  t.deepEqual(await logged(t, () => file.sync()), ['sync f']);
  log = [];
  for (let time = 1; time <= 2; time += 1) await file.dropCache();
  t.deepEqual(log, ['sync f', 'open-direct f', 'sync f']);
  await file.close();
  t.deepEqual(held(), []);
});

test.serial('what is not on the disk cannot be dropped from the cache: the sync comes first', async (t) => {
  const { PATH } = process.env;
  const tools = await files.makeTempDir('bos-tools-');
  t.teardown(() => {
    process.env.PATH = PATH;
    takesDirect = true;
    return files.remove(tools);
  });
  await files.write(`${tools}/dd`, `#!/bin/sh\nmv ${folder}/h ${folder}/dropped\n`, { mode: 0o755 });
  process.env.PATH = `${tools}:${PATH}`;
  takesDirect = false;
  const file = await files.open(`${folder}/h`, 'w');
  t.deepEqual(await logged(t, () => file.dropCache()), ['sync h', 'open-direct h']);
  t.true(await files.exists(`${folder}/dropped`));
  await file.close();
});
