/**
 * Installing from another Linux: its tools out of the medium, wherever that lies, and what is refused before. Programs
 * and files are real; the medium is small.
 */
import { readdirSync, readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { OpsError } from '../../../src/errors.ts';
import { sha256Of } from '../../../src/host/digest.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import type { Files, Host } from '../../../src/host/ports.ts';
import { ToolFailed } from '../../../src/host/tool-failed.ts';
import { refuseBusy, refuseBusyDevice } from '../../../src/install/check/device-busy.ts';
import { overLinux } from '../../../src/install/medium/over-linux.ts';
import { mediumPrograms } from '../../../src/install/medium/tools.ts';
import { finish } from '../../../src/install/run.ts';
import { fakeHost } from '../../fakes/host.ts';
import { serveRanges } from '../../fakes/range-server.ts';
import { temporaryFolder, tool } from '../../formats/support.ts';
import { disk, installPrograms, request } from '../fixtures.ts';
import { isoWith, smallRootfs } from './small-rootfs.ts';

const real = linuxHost();

/** This machine, whose temporary files lie in a folder of the test, as root. Nothing of its own can be run. */
function machine(t: ExecutionContext, changes: Partial<Files> = {}) {
  const folder = temporaryFolder(t);
  const ran: string[] = [];
  const host: Host = {
    ...real,
    files: {
      ...real.files,
      makeTempDir: async (prefix) => {
        const path = `${folder}/${prefix}1`;
        await real.files.makeDir(path);
        return path;
      },
      ...changes,
    },
    processes: {
      ...real.processes,
      run: (command, args, options) => {
        ran.push(command);
        if (!command.startsWith(folder)) throw new Error(`${command} of this machine was run`);
        return real.processes.run(command, args, options);
      },
    },
    system: { ...real.system, uid: 0, arch: 'amd64' },
  };
  return { host, ran, left: () => readdirSync(folder) };
}

const installing = (isoUrl: string) => request({ isoUrl, insecure: true });

const places = {
  'a file': async (_: ExecutionContext, iso: string) => iso,
  'a server with ranges': async (t: ExecutionContext, iso: string) => {
    const server = await serveRanges({ file: iso });
    t.teardown(server.close);
    return server.url;
  },
  'a server without ranges': async (t: ExecutionContext, iso: string) => {
    const server = await serveRanges({ file: iso }, { ranges: false });
    t.teardown(server.close);
    return server.url;
  },
} as const;

for (const [place, at] of Object.entries(places))
  test(`tools from ${place} run, and are gone afterwards`, async (t) => {
    const iso = await at(t, isoWith(t, smallRootfs(t)));
    const { host, ran, left } = machine(t);
    const image = `${temporaryFolder(t)}/fs`;
    await real.files.write(image, Buffer.alloc(8 * 2 ** 20));
    const found = await overLinux(host, installing(iso), {}, async (tools) => {
      const { processes, files } = tools.host;
      // Names that are one program, told apart by how it is called; and the configuration of the medium.
      await processes.run('mkfs.ext4', ['-q', '-F', image]);
      const { stdout } = await processes.run('debugfs', ['-R', 'features', image]);
      t.regex(stdout, /filetype sparse_super/);
      t.notRegex(stdout, /metadata_csum/, 'mke2fs.conf is the one of the medium');
      await real.files.write(image, Buffer.alloc(8 * 2 ** 20));
      t.regex((await processes.run('openssl', ['passwd', '-6', '-stdin'], { input: 'x' })).stdout, /^\$6\$/);
      tool('mkfs.fat', image);
      tool('mmd', '-i', image, '::/EFI');
      t.regex((await processes.run('mdir', ['-i', image, '::/'])).stdout, /EFI\s+<DIR>/);
      t.is((await processes.which('mtype'))?.startsWith(tools.bootFolder.replace(/boot$/, '')), true);
      const failed = await t.throwsAsync(processes.run('mtype', ['-i', image, '::/none']), {
        instanceOf: ToolFailed,
      });
      t.regex(failed?.message ?? '', /^mtype failed with exit code 1/);
      t.is(failed?.command, 'mtype');
      t.is(await files.readText(`${tools.bootFolder}/core.img`), 'the bytes of core.img');
      t.regex(left().join(), /^opsctl-tools-\d+\.\d+@\S+-1$/);
      t.false((await files.list(`${tools.bootFolder}/..`)).includes('rootfs.squashfs'), 'the copy is gone');
      return 'done';
    });
    t.is(found, 'done');
    t.true(ran.every((command) => command.endsWith('/ld.so')));
    t.deepEqual(left(), []);
  });

test('a slow server: how far it is, every ten seconds', async (t) => {
  const iso = await places['a server with ranges'](t, isoWith(t, smallRootfs(t)));
  const { host } = machine(t);
  let now = 0;
  const clock: Host['clock'] = {
    ...host.clock,
    monotonic: () => {
      now += 1_000;
      return now;
    },
  };
  const lines: string[] = [];
  const options = { say: (line: string) => void lines.push(line) };
  await overLinux({ ...host, clock }, installing(iso), options, async () => undefined);
  t.regex(lines[0] ?? '', /^Fetching the installation tools \(\d/);
  t.true(lines.length > 2);
  t.true(
    lines.slice(1).every((line) => /^ {2}\d+ %$/.test(line)),
    lines.join('\n'),
  );
});

test('whatever fails, nothing is left', async (t) => {
  const { host, left } = machine(t);
  const work = overLinux(host, installing(isoWith(t, smallRootfs(t))), {}, async () => {
    throw new Error('the installation failed');
  });
  await t.throwsAsync(work, { message: 'the installation failed' });
  t.deepEqual(left(), []);
});

test('interrupted, nothing is left and nothing is done', async (t) => {
  const { host, left } = machine(t);
  const stop = new AbortController();
  stop.abort(new OpsError('interrupted', 'interrupted', 'Interrupted.'));
  const use = () => t.fail();
  const iso = isoWith(t, smallRootfs(t));
  await t.throwsAsync(
    overLinux(host, installing(iso), { signal: stop.signal }, async () => use()),
    { code: 'interrupted' },
  );
  t.deepEqual(left(), []);
});

interface Refusal {
  readonly iso?: (t: ExecutionContext) => string | Promise<string>;
  readonly files?: Partial<Files>;
  readonly request?: Parameters<typeof request>[0];
  readonly system?: Partial<Host['system']>;
  readonly code: string;
  readonly says?: RegExp;
}

const refuses = test.macro(async (t, row: Refusal) => {
  const { host, left, ran } = machine(t, row.files);
  const isoUrl = await row.iso?.(t);
  const asked = {
    ...request({ insecure: true }),
    ...(isoUrl === undefined ? {} : { isoUrl }),
    ...row.request,
  };
  const system = { ...host.system, ...row.system };
  const error = await t.throwsAsync(
    overLinux({ ...host, system }, asked, {}, async () => t.fail()),
    { instanceOf: OpsError, code: row.code },
  );
  if (!(error instanceof OpsError)) return;
  t.is(error.kind, 'refused');
  t.truthy(error.hint);
  t.regex([error.message, ...error.details, error.hint].join(' '), row.says ?? /./);
  t.deepEqual(left(), []);
  if (row.code !== 'tools-noexec') t.deepEqual(ran, [], 'nothing was started');
});

for (const [place, at] of Object.entries(places))
  test(`with the SHA-256 of an ISO from ${place} nothing out of it is run before it is compared`, async (t) => {
    const iso = isoWith(t, smallRootfs(t));
    const isoUrl = await at(t, iso);
    const asked = (isoSha256: string) => request({ isoUrl, isoSha256, dryRun: true });
    const { host, ran, left } = machine(t);
    const lines: string[] = [];
    const options = { say: (line: string) => void lines.push(line) };
    await t.throwsAsync(
      overLinux(host, asked('0'.repeat(64)), options, async () => t.fail()),
      { code: 'iso-digest' },
    );
    t.deepEqual(ran, []);
    t.deepEqual(left(), []);
    await overLinux(host, asked(sha256Of(readFileSync(iso))), options, async () => {});
    t.regex(lines.join('\n'), /Reading the whole ISO to compare its SHA-256/);
    t.regex(lines.join('\n'), /this dry run runs programs out of .*bos\.iso as root, such as lsblk/);
  });

const anyIso = () => '/nowhere.iso';
const noise = Buffer.alloc(100_000, 'no squashfs');
test('no ISO', refuses, { code: 'not-live', says: /opsctl install DEVICE ISO_URL/ });
test('not root', refuses, { iso: anyIso, system: { uid: 1000 }, code: 'not-root' });
test('a disk that does not exist', refuses, {
  ...{ iso: anyIso, request: { device: '/dev/none' } },
  ...{ code: 'device-missing', says: /\/dev\/none does not exist.*lsblk/ },
});
test('a container without the devices of the machine', refuses, {
  ...{ iso: anyIso, request: { device: '/dev/vdz' } },
  files: {
    stat: async () => undefined,
    realPath: async (path) => path,
    exists: async (path) => path === '/sys/class/block/vdz',
  },
  ...{ code: 'device-missing', says: /the kernel has a disk of this name: this container/ },
});
test('a device that is none', refuses, {
  ...{ iso: anyIso, request: { device: '/dev/null' } },
  ...{ code: 'device-missing', says: /\/dev\/null is not a block device/ },
});
test('no such ISO', refuses, { iso: anyIso, code: 'iso-unreadable' });
test('an ISO of the wrong architecture', refuses, {
  iso: (t) => isoWith(t, noise, noise, 'arm64'),
  ...{ code: 'medium-arch', says: /is for arm64, but this machine is amd64/ },
});
test('a root file system that was changed', refuses, {
  iso: (t) => isoWith(t, smallRootfs(t), Buffer.alloc(smallRootfs(t).length)),
  code: 'medium-damaged',
});
test('the same on a server', refuses, {
  iso: (t) => places['a server with ranges'](t, isoWith(t, noise, Buffer.alloc(noise.length))),
  code: 'medium-damaged',
});
test('a manifest that speaks of what is no root file system', refuses, {
  iso: (t) => isoWith(t, noise),
  code: 'squashfs-invalid',
});
test('a root file system without mkfs', refuses, {
  iso: (t) => isoWith(t, smallRootfs(t, ['mkfs.ext4'])),
  ...{ code: 'tools-missing', says: /mkfs\.ext4 is missing/ },
});
test('a root file system without a library', refuses, {
  iso: (t) => isoWith(t, smallRootfs(t, ['libblkid.so.1'])),
  ...{ code: 'tools-missing', says: /library libblkid\.so\.1 is missing/ },
});
test('no room for what is fetched', refuses, {
  iso: (t) => places['a server with ranges'](t, isoWith(t, noise)),
  files: { freeSpace: async () => 1e6 },
  ...{ code: 'no-room', says: /has 1 MB .*TMPDIR/ },
});
test('a folder from which nothing can be started', refuses, {
  iso: (t) => isoWith(t, smallRootfs(t)),
  // What noexec does, without a mount.
  files: { write: (path, data) => real.files.write(path, data, { mode: 0o600 }) },
  ...{ code: 'tools-noexec', says: /Set TMPDIR/ },
});

/** What the steps of an installation to a partition run beside those. */
const partitionPrograms = ['debugfs', 'e2label', 'sync'];

test('every program that the steps of an installation need is taken along', (t) => {
  const taken: readonly string[] = mediumPrograms;
  t.deepEqual(
    [...installPrograms(), ...partitionPrograms].filter((name) => !taken.includes(name)),
    [],
  );
});

test('a disk that the kernel gives to nobody else is refused', async (t) => {
  const busy = fakeHost({ held: ['/dev/vda'] });
  await t.throwsAsync(refuseBusy(busy, disk()), { code: 'device-held' });
  await t.notThrowsAsync(refuseBusy(fakeHost(), disk()));
  await t.throwsAsync(refuseBusyDevice(busy, '/dev/vda'), {
    code: 'device-held',
    message: /\/dev\/vda is in use/,
  });
  // A step of the plan stops these.
  await t.notThrowsAsync(refuseBusy(busy, disk({ holders: ['md127'] })));
  await t.notThrowsAsync(refuseBusy(busy, disk({ mounts: ['[SWAP]'] })));
});

test('the end of it: systemd where it runs, else the word of every init', async (t) => {
  const tools = { systemctl: () => '', poweroff: () => '', reboot: () => '' };
  const systemd = fakeHost({ tools, files: { '/run/systemd/system/x': '' } });
  await finish(systemd, 'power-off');
  t.deepEqual(systemd.ran, ['systemctl poweroff']);
  const other = fakeHost({ tools });
  await finish(other, 'power-off');
  await finish(other, 'reboot');
  t.deepEqual(other.ran, ['poweroff', 'reboot']);
});
