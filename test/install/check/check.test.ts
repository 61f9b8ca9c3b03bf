/** Everything that is refused before anything is touched, each with its code and its exit code. */
import test, { type ExecutionContext } from 'ava';
import type { MachineFacts } from '../../../src/disk/facts.ts';
import { exitCodeOf, OpsError, refused } from '../../../src/errors.ts';
import { checkInstall } from '../../../src/install/check/check.ts';
import { selectPartition } from '../../../src/install/partition/check.ts';
import { prepareInstall } from '../../../src/install/prepare.ts';
import type { InstallRequest } from '../../../src/install/request.ts';
import { manifestPath, renderManifest } from '../../../src/media/manifest.ts';
import { disk, facts, installPrograms, liveHost, manifest, mediumRoot, request } from '../fixtures.ts';

interface Row {
  readonly request?: Partial<InstallRequest>;
  readonly facts?: Partial<MachineFacts>;
  readonly host?: Parameters<typeof liveHost>[0];
  readonly code: string;
  /** 3 when left out. */
  readonly exit?: number;
  /** What the message, the details or the hint must name. */
  readonly names?: RegExp;
}

const refuses = test.macro(async (t: ExecutionContext, row: Row) => {
  const host = liveHost(row.host);
  const error = await t.throwsAsync(checkInstall(host, request(row.request), facts(row.facts)));
  if (!(error instanceof OpsError)) return t.fail(String(error));
  t.is(error.code, row.code);
  t.is(exitCodeOf(error), row.exit ?? 3);
  t.regex([error.message, ...error.details, error.hint].join('\n'), row.names ?? /./);
  t.deepEqual(host.ran, [], 'nothing was run');
});

test('an installed system', refuses, {
  facts: { system: 'installed' },
  code: 'not-live',
  names: /installed Bhojpur OS/,
});
test('another system', refuses, { facts: { system: 'other' }, code: 'not-live' });

test('a disk too small', refuses, {
  facts: { disks: [disk({ size: 2e9 })] },
  request: { device: '/dev/vda' },
  code: 'disk-too-small',
  names: /2 GB/,
});
test('a missing disk', refuses, {
  request: { device: '/dev/vdz' },
  code: 'device-not-found',
  names: /\/dev\/vdz/,
});
test('no disk at all', refuses, { facts: { disks: [] }, code: 'no-disk' });
test('a mounted disk', refuses, {
  facts: { disks: [disk({ mounts: ['/mnt'] })] },
  request: { device: '/dev/vda' },
  code: 'device-in-use',
  names: /\/mnt/,
});
test('a disk under LVM', refuses, {
  facts: { disks: [disk({ holders: ['dm-0'] })] },
  request: { device: '/dev/vda' },
  code: 'device-in-use',
  names: /dm-0/,
});
test('the boot medium', refuses, {
  facts: { disks: [disk({ bootMedium: true })] },
  request: { device: '/dev/vda' },
  code: 'device-is-medium',
});
const bootedFrom = (medium: string) =>
  JSON.stringify({
    ...{ v: 1, mode: 'live', medium, mediumRoot, state: '', kernel: 'k', os: 'o', dcp: '' },
  });
test('the optical drive with the medium', refuses, {
  host: { files: { '/run/bos/boot.json': bootedFrom('/dev/sr0') } },
  request: { device: '/dev/sr0' },
  code: 'device-is-medium',
  names: /\/dev\/sr0 is the medium that this system was started from/,
});
test('a partition with the medium', refuses, {
  host: { files: { '/run/bos/boot.json': bootedFrom('/dev/sda1') } },
  request: { device: '/dev/sda1' },
  code: 'device-is-medium',
});
test('another optical drive', refuses, {
  host: { files: { '/run/bos/boot.json': bootedFrom('/dev/sr0') } },
  request: { device: '/dev/sr1' },
  code: 'device-not-found',
});
test('the optical drive with the medium, by a link', async (t) => {
  const host = liveHost({ files: { '/run/bos/boot.json': bootedFrom('/dev/sr0') } });
  await host.files.symlink('/dev/sr0', '/dev/cdrom');
  await t.throwsAsync(checkInstall(host, request({ device: '/dev/cdrom' }), facts()), {
    code: 'device-is-medium',
    message: /^\/dev\/cdrom/,
  });
});
test('the boot medium is not chosen either', refuses, {
  facts: { disks: [disk({ bootMedium: true })] },
  code: 'no-disk',
});
test('a write-protected disk', refuses, {
  facts: { disks: [disk({ readOnly: true })] },
  request: { device: '/dev/vda' },
  code: 'device-read-only',
});
const partitioned = disk({
  content: 'data',
  contentSummary: 'ext4',
  partitions: [{ path: '/dev/vda1', number: 1, start: 2 ** 20, size: 2 ** 30, mounts: [], holders: [] }],
});
test('a partition given as disk', refuses, {
  facts: { disks: [partitioned] },
  request: { device: '/dev/vda1' },
  code: 'device-is-partition',
  names: /\/dev\/vda/,
});
test('data on a disk that was not named', refuses, {
  facts: { disks: [partitioned] },
  code: 'disk-has-data',
  names: /bos\.install\.wipe/,
});
test('two disks and none named, silent', refuses, {
  facts: { disks: [disk(), disk({ path: '/dev/vdb' })] },
  code: 'device-ambiguous',
  names: /\/dev\/vdb/,
});
test('two disks and none named, nobody to ask', refuses, {
  facts: { disks: [disk(), disk({ path: '/dev/vdb' })] },
  request: { silent: false },
  code: 'device-ambiguous',
  names: /opsctl install DEVICE --silent`\.$/,
});
test('two disks and none named, only looking', refuses, {
  facts: { disks: [disk(), disk({ path: '/dev/vdb' })] },
  request: { silent: false, dryRun: true },
  code: 'device-ambiguous',
  names: /opsctl install DEVICE --dry-run`\.$/,
});
test('a disk that a BIOS cannot boot', refuses, {
  facts: { disks: [disk({ logicalSectorSize: 4096 })] },
  code: 'bios-sector-size',
  names: /UEFI/,
});
test('a machine of arm64 that was not started by UEFI', refuses, {
  facts: { arch: 'arm64', firmware: 'bios' },
  code: 'firmware-other',
  names: /--force-efi/,
});

test('the medium is gone', refuses, { facts: { mediumRoot: '/nowhere' }, code: 'manifest-missing' });
test('a medium without a manifest', refuses, {
  host: { files: { [`${mediumRoot}/${manifestPath}`]: undefined } },
  code: 'manifest-missing',
});
test('a manifest cut short', refuses, {
  host: { files: { [`${mediumRoot}/${manifestPath}`]: '{"v": 1, ' } },
  code: 'manifest-invalid',
});
test('a truncated medium', refuses, {
  host: { files: { [`${mediumRoot}/bos/system/os/0.1.0/rootfs.squashfs`]: 'the root f' } },
  code: 'medium-incomplete',
  names: /rootfs\.squashfs has 10 bytes instead of 20/,
});
test('a medium without a file', refuses, {
  host: { files: { [`${mediumRoot}/bos/system/kernel/6.1.0-40-amd64/initrd`]: undefined } },
  code: 'medium-incomplete',
  names: /initrd is missing/,
});
test('a medium for another machine', refuses, {
  host: { files: { [`${mediumRoot}/${manifestPath}`]: renderManifest({ ...manifest, arch: 'arm64' }) } },
  code: 'medium-arch',
});
test('no boot loader', refuses, {
  host: { files: { '/usr/lib/bhojpur/boot/shimx64.efi': undefined } },
  code: 'boot-asset-missing',
  names: /shimx64/,
});
test('a system larger than the disk', async (t) => {
  const big = { path: 'big', size: 2_000_000_000, sha256: '0'.repeat(64) };
  const host = liveHost({
    files: { [`${mediumRoot}/${manifestPath}`]: renderManifest({ ...manifest, files: [big] }) },
  });
  const { stat } = host.files;
  Object.assign(host.files, {
    stat: async (path: string) =>
      path.endsWith('/big') ? { type: 'file', size: big.size } : await stat(path),
  });
  const small = facts({ disks: [disk({ size: 2_500_000_000 })] });
  await t.throwsAsync(checkInstall(host, request(), small), { code: 'disk-too-small', message: /2\.4 GB/ });
  await t.notThrowsAsync(checkInstall(host, request(), facts()));
});

const withConfig = (text: string) => ({
  host: { files: { '/config.yaml': text } },
  request: { configUrl: '/config.yaml' },
});
test('a config that is no YAML', refuses, {
  ...withConfig('hostname: [a\nb: c\n'),
  code: 'config-invalid',
  exit: 2,
  names: /\/config\.yaml:\d+:\d+/,
});
test('a config with an unknown type', refuses, {
  ...withConfig('hostname: one\nbos:\n  labels: 7\n'),
  code: 'config-invalid',
  exit: 2,
  names: /\/config\.yaml:3:\d+: bos\.labels: expected/,
});
test('a config that is a web page', refuses, {
  ...withConfig('<!DOCTYPE html><html><body>Not Found</body></html>'),
  code: 'config-invalid',
  exit: 2,
});
test('a config that does not exist', refuses, {
  request: { configUrl: 'file:///nowhere.yaml' },
  code: 'config-unreadable',
  names: /\/nowhere\.yaml/,
});
test('a config on another machine', refuses, {
  request: { configUrl: 'file://server/config.yaml' },
  code: 'config-url',
  exit: 2,
});
test('a config by ftp', refuses, {
  request: { configUrl: 'ftp://server/config.yaml' },
  code: 'config-url',
  exit: 2,
});
for (const code of ['url-unreachable', 'url-timeout', 'url-status'])
  test(`a config whose server says ${code}`, refuses, {
    host: { http: () => Promise.reject(refused(code, 'no')) },
    request: { configUrl: 'http://server/config.yaml' },
    code,
  });
test('nobody could log in', refuses, {
  request: { config: {} },
  code: 'no-login',
  names: /--allow-no-login/,
});
test('a config that lets nobody in', refuses, {
  ...withConfig('hostname: one\n'),
  request: { configUrl: '/config.yaml', config: {} },
  code: 'no-login',
  names: /read: \/config\.yaml/,
});

test('a token in a URL is not shown', async (t) => {
  const body = Buffer.from('hostname: [');
  const host = liveHost({ http: async () => ({ status: 200, headers: {}, body }) });
  const configUrl = 'https://user:word@server/config.yaml?token=abc';
  const error = await t.throwsAsync(checkInstall(host, request({ configUrl }), facts()), {
    code: 'config-invalid',
  });
  const text = [error?.message, ...(error instanceof OpsError ? error.details : [])].join('\n');
  t.regex(text, /https:\/\/server\/config\.yaml:1/);
  t.notRegex(text, /word|abc/);
});

test('a tool that is missing', async (t) => {
  const host = liveHost();
  host.tools.delete('mkfs.ext4');
  await t.throwsAsync(prepareInstall(host, request(), facts()), {
    code: 'tool-missing',
    message: /mkfs\.ext4/,
  });
  t.true(installPrograms().length > 3);
});

test('not root', async (t) => {
  const host = liveHost();
  await t.throwsAsync(checkInstall({ ...host, system: { ...host.system, uid: 1000 } }, request(), facts()), {
    code: 'not-root',
  });
});

const accepts = test.macro(async (t: ExecutionContext, row: Omit<Row, 'code'>, installed: string) => {
  const checked = await checkInstall(liveHost(row.host), request(row.request), facts(row.facts));
  t.is(Buffer.from(checked.config.bytes).toString('utf8'), installed);
});
test('keys of the command line become the configuration', accepts, {}, 'bos:\n  password: secret\n');
const commented = '# mine\nssh_authorized_keys: [ "github:me" ]\n';
test(
  'a config is kept byte for byte',
  accepts,
  { ...withConfig(commented), request: { configUrl: '/config.yaml', config: {} } },
  commented,
);
test(
  'a config over http',
  accepts,
  {
    host: { http: async () => ({ status: 200, headers: {}, body: Buffer.from(commented) }) },
    request: { configUrl: 'http://server/config.yaml', config: {} },
  },
  commented,
);
test(
  'given keys win over the file and add to its logins',
  accepts,
  {
    ...withConfig(`hostname: file\n${commented}`),
    request: {
      configUrl: '/config.yaml',
      config: { hostname: 'typed', ssh_authorized_keys: ['github:you'] },
    },
  },
  'hostname: typed\nssh_authorized_keys:\n  - github:me\n  - github:you\n',
);
test('no login, when that is meant', accepts, { request: { config: {}, allowNoLogin: true } }, '');
test(
  'an unfinished target is reused without asking',
  accepts,
  { facts: { disks: [disk({ content: 'unfinished' })] } },
  'bos:\n  password: secret\n',
);
test(
  'data on a disk that was named',
  accepts,
  { facts: { disks: [partitioned] }, request: { device: '/dev/vda' } },
  'bos:\n  password: secret\n',
);
test(
  'data, when wiping is meant',
  accepts,
  { facts: { disks: [partitioned] }, request: { wipe: true } },
  'bos:\n  password: secret\n',
);
test(
  'large sectors on UEFI',
  accepts,
  { facts: { firmware: 'efi', disks: [disk({ logicalSectorSize: 4096 })] } },
  'bos:\n  password: secret\n',
);
test(
  'large sectors when UEFI is forced',
  accepts,
  { facts: { disks: [disk({ logicalSectorSize: 4096 })] }, request: { forceEfi: true } },
  'bos:\n  password: secret\n',
);

test('all that is known to be wrong is told at once: the disk, the medium, the configuration', async (t) => {
  const host = liveHost({
    files: {
      '/bad.yaml': 'hostname: "not a name"\nbos: {pasword: x}\n',
      [`${mediumRoot}/bos/system/manifest.json`]: '{}',
    },
  });
  const wants = request({ device: '/dev/vdz', configUrl: '/bad.yaml', config: {} });
  const error = await t.throwsAsync(checkInstall(host, wants, facts()), { instanceOf: OpsError });
  t.is((error as OpsError).code, 'device-not-found', 'as if it were alone');
  const { message, details, hint = '' } = error as OpsError;
  t.regex(message, /\/dev\/vdz is not a disk/);
  const text = details.join('\n');
  t.regex(text, /^also: .*manifest\.json is not a manifest/m);
  t.regex(text, /^also: The configuration has 2 faults: .*\n {2}\/bad\.yaml:1:\d+: hostname/m);
  t.regex(hint, /disk is attached.*opsctl config validate/);
});

for (const [what, device, more] of [
  ['a partition that is not there', '/dev/vdz9', {}],
  ['a whole disk', '/dev/vda', {}],
  ['no partition at all', undefined, { disks: [] }],
] as const)
  test(`the same for an existing partition: ${what}`, async (t) => {
    const host = liveHost({
      files: {
        '/bad.yaml': 'hostname: "not a name"\n',
        [`${mediumRoot}/bos/system/manifest.json`]: '{}',
      },
    });
    const { device: _, ...plain } = request({ noFormat: true, configUrl: '/bad.yaml', config: {} });
    const wants = device === undefined ? plain : { ...plain, device };
    const error = await t.throwsAsync(checkInstall(host, wants, facts(more)), { instanceOf: OpsError });
    const { code, details } = error as OpsError;
    const alone = await t.throwsAsync(selectPartition(host, wants, facts(more)), { instanceOf: OpsError });
    t.is(code, (alone as OpsError).code, 'as if it were alone');
    const text = details.join('\n');
    t.regex(text, /^also: .*manifest\.json is not a manifest/m);
    t.regex(text, /^also: The configuration has a fault|^also: .*[\s\S]*\n {2}\/bad\.yaml:1:\d+: hostname/m);
  });

test('something is wrong already: a server that does not answer is asked once for the configuration, not for an ISO', async (t) => {
  const asked: string[] = [];
  const host = liveHost({
    http: async (url) => {
      asked.push(url);
      throw refused('url-unreachable', 'it cannot be reached');
    },
  });
  const wants = request({ device: '/dev/vdz', configUrl: 'https://a/c.yaml', isoUrl: 'https://a/b.iso' });
  await t.throwsAsync(checkInstall(host, wants, facts()), { code: 'device-not-found' });
  t.deepEqual(asked, ['https://a/c.yaml']);
});
