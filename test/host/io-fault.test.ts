/** A device that fails: which file, at which byte, on which device, what to do; whatever call met it. */
import test from 'ava';
import { errorCode, OpsError } from '../../src/errors.ts';
import { IoFault, withIoFaults } from '../../src/host/io-fault.ts';
import { linuxHost } from '../../src/host/linux/index.ts';
import type { Files, Host } from '../../src/host/ports.ts';
import { watchedHost } from '../fakes/faulty-host.ts';
import { fakeHost } from '../fakes/host.ts';
import { temporaryFolder } from '../formats/support.ts';

const mountinfo = `21 1 0:20 / / rw - tmpfs tmpfs rw
22 21 11:0 / /run/bos/medium ro - iso9660 /dev/sr0 ro
23 21 254:3 / /run/bos/target rw - ext4 /dev/vda3 rw
24 21 7:0 / /loop rw - ext4 /dev/loop0p1 rw
`;

/** Every call fails as node:fs says it: without a path where it was given a handle. */
function failing(code: string, opens = false): Host {
  let calls = 0;
  const host = fakeHost({
    files: {
      '/proc/self/mountinfo': mountinfo,
      '/sys/block/loop0/loop/backing_file': '/images/a.img\n',
      ...Object.fromEntries(
        ['/run/bos/medium/f', '/run/bos/target/f', '/loop/f', '/tmp/f'].map((path) => [path, 'text']),
      ),
    },
  });
  return watchedHost(host, ({ operation, what }) => {
    if (what.startsWith('/proc') || what.startsWith('/sys')) return;
    calls += 1;
    if (opens && calls === 1) return;
    throw Object.assign(new Error(`${code}: i/o error, ${operation}`), { code, syscall: operation });
  });
}

/** The opening succeeds. */
function opened(
  path: string,
  flags: 'r' | 'r+',
  use: (file: Awaited<ReturnType<Files['open']>>) => Promise<unknown>,
) {
  return async function afterOpening(files: Files) {
    return use(await files.open(path, flags));
  };
}

const rows: readonly (readonly [code: string, call: (files: Files) => Promise<unknown>, says: RegExp])[] = [
  [
    'EIO',
    (files) => files.read('/run/bos/medium/f'),
    /^Reading \/run\/bos\/medium\/f failed: on \/dev\/sr0: the device reports an I\/O error$/,
  ],
  [
    'EIO',
    opened('/run/bos/medium/f', 'r', (file) => file.readInto(2, new Uint8Array(2))),
    /^Reading .*: at byte 2, on \/dev\/sr0: the device reports/,
  ],
  [
    'EIO',
    opened('/run/bos/target/f', 'r+', (file) => file.write(7, new Uint8Array(1))),
    /^Writing to \/run\/bos\/target\/f failed: at byte 7, on \/dev\/vda3: the device/,
  ],
  [
    'EIO',
    opened('/run/bos/target/f', 'r+', (file) => file.sync()),
    /^Writing to .* on \/dev\/vda3: the device reports/,
  ],
  [
    'EREMOTEIO',
    (files) => files.digest('/run/bos/target/f'),
    /^Reading .* on \/dev\/vda3: the device reports/,
  ],
  [
    'ENODATA',
    (files) => files.readText('/run/bos/medium/f'),
    /^Reading .* on \/dev\/sr0: the device reports/,
  ],
  ['ENXIO', (files) => files.digest('/run/bos/medium/f'), /: the device is gone$/],
  ['ENODEV', (files) => files.append('/run/bos/target/f', 'x'), /^Writing to .*: the device is gone$/],
  ['ENOLINK', (files) => files.read('/run/bos/medium/f'), /the device is gone$/],
  ['ETIMEDOUT', (files) => files.read('/run/bos/medium/f'), /does not answer in time$/],
  ['ENOMEDIUM', (files) => files.read('/run/bos/medium/f'), /there is no medium in the drive$/],
  [
    'ENOSPC',
    (files) => files.write('/run/bos/target/f', 'x'),
    /^Writing to .* on \/dev\/vda3: no space is left$/,
  ],
  [
    'EROFS',
    (files) => files.makeDir('/run/bos/target/g'),
    /on \/dev\/vda3: it is write-protected, or became read-only/,
  ],
  ['EROFS', (files) => files.chmod('/run/bos/target/f', 0o600), /write-protected/],
  [
    'EDQUOT',
    (files) => files.writeAtomic('/tmp/f', 'x'),
    /^Writing to \/tmp\/f failed: your quota is used up$/,
  ],
  [
    'EIO',
    (files) => files.read('/loop/f'),
    /on \/dev\/loop0p1, which is the file \/images\/a\.img: the device/,
  ],
];
for (const [index, [code, call, says]] of rows.entries())
  test(`${code}, ${index + 1}: ${says.source.slice(0, 60)}`, async (t) => {
    const error = await t.throwsAsync(call(withIoFaults(failing(code, call.name === 'afterOpening')).files), {
      instanceOf: IoFault,
    });
    t.regex(error.message, says);
    t.is(errorCode(error), code, 'who looks at the code still finds it');
    const told = error.told();
    t.true(told instanceof OpsError);
    t.is(told.message, error.message);
    t.truthy(told.hint);
    t.notRegex(`${told.message} ${told.hint}`, /\bE[A-Z]{3,}\b|undefined/);
  });

test('which side it was', async (t) => {
  const { files } = withIoFaults(failing('EIO'));
  const read = await t.throwsAsync(files.read('/run/bos/medium/f'), { instanceOf: IoFault });
  const medium = read.told('the medium');
  t.is(medium.code, 'read-failed');
  t.regex(
    medium.message,
    /^Reading from the medium failed: \/run\/bos\/medium\/f: on \/dev\/sr0: the device reports/,
  );
  t.regex(medium.hint ?? '', /cable.*dmesg.*use another medium\.$/);
  const written = await t.throwsAsync(files.write('/run/bos/target/f', ''), { instanceOf: IoFault });
  t.regex(written.told('the target').message, /^Writing to the target failed: /);
  t.is(written.told('the target').code, 'write-failed');
});

test('what is no fault of a device passes as it is; twice is once', async (t) => {
  for (const code of ['ENOENT', 'EACCES', 'EEXIST', 'EBUSY']) {
    const error = await t.throwsAsync(withIoFaults(failing(code)).files.read('/tmp/f'));
    t.false(error instanceof IoFault, code);
  }
  const full = await t.throwsAsync(withIoFaults(failing('ENOSPC')).files.read('/tmp/f'));
  t.false(full instanceof IoFault, 'reading needs no space');
  const twice = await t.throwsAsync(withIoFaults(withIoFaults(failing('EIO'))).files.read('/tmp/f'));
  t.is(twice?.message, 'Reading /tmp/f failed: the device reports an I/O error');
});

test('a real file: a folder that is read as one keeps its error, and what works works', async (t) => {
  const host = withIoFaults(linuxHost());
  const folder = temporaryFolder(t);
  await host.files.write(`${folder}/a`, 'text');
  t.is(await host.files.readText(`${folder}/a`), 'text');
  const file = await host.files.open(`${folder}/a`, 'r+');
  await file.write(4, Buffer.from(' more'));
  t.is(file.size, 9);
  await file.close();
  await t.throwsAsync(host.files.read(folder), { code: 'EISDIR' });
  await t.throwsAsync(host.files.write('/dev/full', 'x'), {
    message: /^Writing to \/dev\/full failed: no space is left$/,
  });
});
