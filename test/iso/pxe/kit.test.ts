/** `opsctl pxe kit`: what is written, unpacked as the kernel does it, and what is refused. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { execaSync } from 'execa';
import fc from 'fast-check';
import { pxeCommand } from '../../../src/cli/commands/pxe/command.ts';
import { kernelWord, splitKernelArguments } from '../../../src/config/command-line/kernel-arguments.ts';
import { OpsError } from '../../../src/errors.ts';
import { sha256Of } from '../../../src/host/digest.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import { writePxeKit } from '../../../src/iso/pxe/kit.ts';
import { renderIpxeScript, renderNetworkMenu } from '../../../src/iso/pxe/scripts.ts';
import { runProgram } from '../../cli/commands/install/fake-world.ts';
import { unwrapped } from '../../cli/unwrapped.ts';
import { type Effect, notedFiles } from '../../fakes/effects.ts';
import { watchingOpen } from '../../fakes/opened.ts';
import { sameBytes, tool } from '../../formats/support.ts';
import { runs } from '../../properties.ts';
import { change } from '../edit/edit-support.ts';
import { efiProgram, kernel, kernelImage, makeMemtest, makeOurs, newFoldersIn } from '../media.ts';

const folder = mkdtempSync(join(tmpdir(), 'bos-test-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));
const fresh = newFoldersIn(folder);
const write = (name: string, data: string | Uint8Array): string => {
  writeFileSync(join(folder, name), data);
  return join(folder, name);
};

const ours = makeOurs(fresh('ours'));
const config = 'hostname: node1\n';
const configFile = write('config.yaml', config);

/** As `opsctl build pxe` leaves them, with a small archive for the initrd. */
function artifacts(name: string, arch = 'amd64', place = fresh(name)): string {
  const tree = fresh(`${name}-${arch}-tree`);
  writeFileSync(join(tree, 'init'), 'init');
  const initrd = execaSync('cpio', ['-o', '-H', 'newc', '--quiet'], {
    ...{ cwd: tree, input: 'init\n', encoding: 'buffer', stripFinalNewline: false },
  }).stdout;
  const kernelBytes = kernelImage('6.1.0');
  writeFileSync(join(place, `bos-vmlinuz-${arch}`), kernelBytes);
  writeFileSync(join(place, `bos-initrd-${arch}`), initrd);
  writeFileSync(
    join(place, `sha256sum-${arch}.txt`),
    `${sha256Of(initrd)}  bos-initrd-${arch}\n${sha256Of(kernelBytes)}  bos-vmlinuz-${arch}\n`,
  );
  return place;
}

const kit = (...argv: string[]) =>
  unwrapped(runProgram(['pxe', 'kit', ...argv], { commands: [pxeCommand], host: linuxHost() }));

/** Unpacks every archive of an initrd, one after the other, as the kernel does. */
function unpack(initrd: string, start = 0): string {
  const bytes = readFileSync(initrd).subarray(start);
  const target = mkdtempSync(join(folder, 'unpacked-'));
  for (let at = 0; ; ) {
    at = bytes.indexOf('070701', at, 'latin1');
    if (at < 0) return target;
    const trailer = bytes.indexOf('TRAILER!!!', at, 'latin1');
    const end = trailer + 12;
    execaSync('cpio', ['-idu', '--quiet', '--no-absolute-filenames'], {
      cwd: target,
      input: bytes.subarray(at, end + ((4 - (end % 4)) % 4)),
    });
    at = end;
  }
}

test('each file is on the disk before it has its name, all are read back from there, and what starts them comes last', async (t) => {
  const out = join(folder, 'in-order');
  const loader = write('shimx64.efi', efiProgram(true, 'shim'));
  const effects: Effect[] = [];
  const host = {
    ...linuxHost(),
    files: notedFiles(linuxHost().files, (effect) => void effects.push(effect)),
  };
  const { exitCode, err } = await runProgram(
    ['pxe', 'kit', out, '--from', ours, '--config', configFile, '--loader', loader],
    { commands: [pxeCommand], host },
  );
  t.is(exitCode, 0, err);
  const files = ['bos-vmlinuz-amd64', 'bos-initrd-amd64', 'shimx64.efi', 'boot.ipxe', 'grub/grub.cfg'];
  const seen = effects
    .filter(({ path }) => path.startsWith(`${out}/`))
    .filter(({ kind }) => /^(create|write|sync|close|rename|drop-cache)$/.test(kind))
    .map(({ kind, path }) => `${kind} ${path.slice(out.length + 1)}`)
    .filter((line, index, all) => line !== all[index - 1]);
  t.deepEqual(seen, [
    ...files.flatMap((path) =>
      ['create', 'write', 'sync', 'close', 'rename'].map((kind) => `${kind} ${path}.partial`),
    ),
    ...files.flatMap((path) => ['drop-cache', 'close'].map((kind) => `${kind} ${path}`)),
  ]);
  const count = (kind: string) =>
    effects.filter((effect) => effect.kind === kind && effect.path === ours).length;
  t.is(count('open'), count('close'));
});

test('a disk that is full leaves nothing, and what is removed is closed before: Windows wants that', async (t) => {
  const { files } = linuxHost();
  const full: typeof files = {
    ...files,
    open: async (path, flags) => ({
      ...(await files.open(path, flags)),
      ...(flags === 'w' && {
        write: async () => {
          throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
        },
      }),
    }),
  };
  const effects: string[] = [];
  const host = {
    ...linuxHost(),
    files: notedFiles(full, ({ kind, path }) => void effects.push(`${kind} ${path}`)),
  };
  const out = join(folder, 'full');
  const request = { from: artifacts('for-full'), folder: out, append: [], loaders: [] };
  await t.throwsAsync(writePxeKit(host, request, new AbortController().signal), { code: 'ENOSPC' });
  t.deepEqual(readdirSync(out), ['grub']);
  const partial = join(out, 'bos-vmlinuz-amd64.partial');
  t.deepEqual(
    effects.filter((line) => /^(close|remove)/.test(line) && line.endsWith(partial)),
    [`close ${partial}`, `remove ${partial}`],
  );
});

test('of artifacts for several architectures the one that is asked for, on its serial line; this machine’s otherwise', async (t) => {
  const both = artifacts('both', 'arm64', artifacts('both'));
  const script = async (name: string, ...argv: string[]) => {
    const out = join(folder, name);
    const { exitCode, err } = await kit(out, '--from', both, ...argv);
    t.is(exitCode, 0, err);
    return { files: readdirSync(out).toSorted(), text: readFileSync(join(out, 'boot.ipxe'), 'utf8') };
  };
  const arm = await script('kit-arm64', '--arch', 'arm64');
  t.deepEqual(arm.files, ['boot.ipxe', 'bos-initrd-arm64', 'bos-vmlinuz-arm64', 'grub']);
  t.regex(arm.text, /kernel bos-vmlinuz-arm64 initrd=bos-initrd-arm64 .*console=ttyAMA0,115200 /);
  t.regex((await script('kit-own')).text, new RegExp(`kernel bos-vmlinuz-${linuxHost().system.arch} `));
  t.is((await kit(join(folder, 'kit-arm'), '--from', both, '--arch', 'arm')).exitCode, 3);
  const { exitCode, err } = await kit(join(folder, 'kit-other'), '--from', ours, '--arch', 'arm64');
  t.is(exitCode, 2);
  t.regex(err, /is for amd64, but --arch is arm64/);
});

test('of an ISO: kernel, everything below bos/, the configuration and both scripts', async (t) => {
  const out = join(folder, 'from-iso');
  const { exitCode, err } = await kit(
    out,
    '--from',
    ours,
    '--config',
    configFile,
    '--append-karg',
    'a="b c"',
  );
  t.is(err, '');
  t.is(exitCode, 0);
  t.deepEqual(readdirSync(out).toSorted(), ['boot.ipxe', 'bos-initrd-amd64', 'bos-vmlinuz-amd64', 'grub']);
  sameBytes(t, readFileSync(join(out, 'bos-vmlinuz-amd64')), kernelImage(`${kernel} (test) #1`));
  // The small initrd of the fixture is no archive; the others begin behind it.
  const root = unpack(join(out, 'bos-initrd-amd64'), 30_001);
  t.is(readFileSync(join(root, 'bos/system/config.yaml'), 'utf8'), config);
  t.is(statSync(join(root, 'bos/system/config.yaml')).mode & 0o777, 0o600);
  for (const { path, size, sha256 } of JSON.parse(
    readFileSync(join(root, 'bos/system/manifest.json'), 'utf8'),
  ).files) {
    const bytes = readFileSync(join(root, path));
    t.is(bytes.length, size);
    t.is(sha256Of(bytes), sha256);
  }
  t.is(
    readFileSync(join(out, 'boot.ipxe'), 'utf8'),
    '#!ipxe\necho Bhojpur OS: fetching the kernel\n' +
      'kernel bos-vmlinuz-amd64 initrd=bos-initrd-amd64 rootfstype=ramfs console=tty0 ' +
      'console=ttyS0,115200 quiet bos.mode=live a="b c"\n' +
      'echo Bhojpur OS: fetching the system, which can take some minutes\ninitrd bos-initrd-amd64\n' +
      'echo Bhojpur OS: starting the kernel, which unpacks the system\nboot\n',
  );
  tool('grub-script-check', join(out, 'grub/grub.cfg'));
  t.regex(readFileSync(join(out, 'grub/grub.cfg'), 'utf8'), /menuentry 'Bhojpur OS 0.1.0'[\s\S]* 'a=b c'\n/);
});

test('of artifacts: the initrd as it is, the installer, loaders beside; the same bytes again', async (t) => {
  const from = artifacts('artifacts');
  const out = join(folder, 'from-artifacts');
  const loader = write('bootx64.efi', efiProgram(true, 'shim'));
  const argv = ['--from', from, '--config', configFile, '--install', 'device=/dev/vda', '--loader', loader];
  const { exitCode, out: json } = await kit(out, ...argv, '--json');
  t.is(exitCode, 0);
  const report = JSON.parse(json);
  for (const { path, size, sha256 } of report.files) {
    const bytes = readFileSync(join(out, path));
    t.is(bytes.length, size);
    t.is(sha256Of(bytes), sha256);
  }
  t.deepEqual(
    report.files.map(({ path }: { path: string }) => path),
    [...['bos-vmlinuz-amd64', 'bos-initrd-amd64', 'bootx64.efi', 'boot.ipxe', 'grub/grub.cfg']],
  );
  t.deepEqual(report.arguments.slice(-3), [
    ...['bos.mode=install', 'bos.install.silent', 'bos.install.device=/dev/vda'],
  ]);
  const initrd = readFileSync(join(out, 'bos-initrd-amd64'));
  const original = readFileSync(join(from, 'bos-initrd-amd64'));
  t.deepEqual(initrd.subarray(0, original.length), original);
  const root = unpack(join(out, 'bos-initrd-amd64'));
  t.is(readFileSync(join(root, 'init'), 'utf8'), 'init');
  t.is(readFileSync(join(root, 'bos/system/config.yaml'), 'utf8'), config);
  // A kit may be written over a kit.
  t.is((await kit(out, ...argv, '--json')).out, json);
});

test('loaders have the names that shim asks for', async (t) => {
  const shim = write('shimx64.efi.signed', efiProgram(true, 'shim'));
  const grub = write('grubnetx64.efi.signed', efiProgram(true, 'grub'));
  const out = join(folder, 'with-names');
  const from = artifacts('for-names');
  const loaders = ['--loader', `${shim}:shimx64.efi`, '--loader', `${grub}:grubx64.efi`];
  t.is((await kit(out, '--from', from, ...loaders)).exitCode, 0);
  sameBytes(t, readFileSync(join(out, 'shimx64.efi')), readFileSync(shim));
  sameBytes(t, readFileSync(join(out, 'grubx64.efi')), readFileSync(grub));
});

test('what is read of the artifacts is closed again', async (t) => {
  const watched = watchingOpen(linuxHost());
  const request = { from: artifacts('closed'), folder: join(folder, 'of-closed'), append: [], loaders: [] };
  await writePxeKit(watched.host, request, new AbortController().signal);
  t.true(watched.count() > 1);
  t.deepEqual(watched.open, []);
});

test('without a configuration the initrd of the artifacts is not changed', async (t) => {
  const from = artifacts('plain');
  const out = join(folder, 'unchanged-kit');
  const made = await kit(out, '--from', from, '--append-karg', 'bos.fallback_mode=install');
  t.is(made.exitCode, 0, made.err);
  sameBytes(t, readFileSync(join(out, 'bos-initrd-amd64')), readFileSync(join(from, 'bos-initrd-amd64')));
  t.notRegex(readFileSync(join(out, 'boot.ipxe'), 'utf8'), /bos\.mode=/);
});

const refuses = test.macro({
  exec: async (t, argv: () => string[], exitCode: number, expected: RegExp) => {
    const out = join(folder, `refused-${sha256Of(t.title).slice(0, 8)}`);
    const result = await kit(out, ...argv());
    t.is(result.exitCode, exitCode);
    t.regex(result.err.replaceAll(/\s+/g, ' '), expected);
    t.throws(() => readdirSync(out), { code: 'ENOENT' });
  },
  title: (name = '') => `refused before anything is written: ${name}`,
});
test(
  'a source that does not exist',
  refuses,
  () => ['--from', '/nothing'],
  3,
  /\/nothing cannot be read: it does not/,
);
test(
  'a loader with the name of another file',
  refuses,
  () => ['--from', artifacts('names-taken'), '--loader', `${configFile}:boot.ipxe`],
  2,
  /the kit already has another boot.ipxe.*FILE:NAME/,
);
test('an ISO of others', refuses, () => ['--from', makeMemtest(fresh('mt'))], 3, /not a Bhojpur OS ISO/);
test(
  'a damaged ISO',
  refuses,
  () => {
    const bytes = readFileSync(ours);
    bytes.write('X', bytes.indexOf('systemsystem', 0, 'latin1') + 99);
    return ['--from', write('damaged.iso', bytes)];
  },
  3,
  /damaged or incomplete.*rootfs.squashfs does not match its digest in the list/,
);
test(
  'artifacts that are not what their checksums say',
  refuses,
  () => {
    const from = artifacts('changed');
    writeFileSync(join(from, 'bos-vmlinuz-amd64'), 'other');
    return ['--from', from];
  },
  3,
  /bos-vmlinuz-amd64 does not match /,
);
test('no artifacts', refuses, () => ['--from', fresh('nothing')], 3, /bos-vmlinuz-amd64 does not exist/);
test(
  'an invalid configuration',
  refuses,
  () => ['--from', ours, '--config', write('bad.yaml', 'hostname: [1]\n')],
  2,
  /hostname/,
);
test(
  'a setting that is none',
  refuses,
  () => ['--from', ours, '--install', 'colour=red'],
  2,
  /not an installer setting/,
);
test(
  'an argument that GRUB changes',
  refuses,
  () => ['--from', ours, '--append-karg', 'a=ü'],
  2,
  /iPXE cannot|GRUB cannot/,
);
test(
  'an argument that iPXE changes',
  refuses,
  () => ['--from', ours, '--append-karg', 'a=${b}'],
  2,
  /iPXE cannot/,
);
test(
  'a loader that does not exist',
  refuses,
  () => ['--from', ours, '--loader', '/nothing.efi'],
  3,
  /is not a file/,
);

test("a folder with somebody's files is left alone", async (t) => {
  const out = fresh('theirs');
  writeFileSync(join(out, 'pxelinux.0'), 'x');
  const { exitCode, err } = await kit(out, '--from', ours);
  t.is(exitCode, 3);
  t.regex(err, /has other files in it/);
  t.deepEqual(readdirSync(out), ['pxelinux.0']);
});

/** What iPXE makes of a line: split at white space, variables replaced, joined again. */
const ipxe = (line: string) =>
  line
    .replaceAll(/\$\{[^}]*\}/g, '')
    .split(/\s+/)
    .join(' ');

test('property: what iPXE is given reaches the kernel as it was', (t) => {
  let done = 0;
  fc.assert(
    fc.property(
      fc.array(fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme-ascii' }), { maxLength: 4 }),
      (words) => {
        let script: string;
        try {
          script = renderIpxeScript({ title: 'T', kernel: 'k', initrd: 'i', words });
        } catch (error) {
          t.true(error instanceof OpsError);
          return;
        }
        done += 1;
        const line =
          script
            .split('\n')
            .find((text) => text.startsWith('kernel '))
            ?.slice('kernel k '.length) ?? '';
        t.deepEqual(splitKernelArguments(ipxe(line)).map(kernelWord), ['initrd=i', ...words]);
      },
    ),
    { numRuns: runs(500) },
  );
  t.true(done > runs(500) / 10, `${done}`);
});

test('too many arguments are refused', (t) => {
  const words = [`a=${'x'.repeat(2000)}`];
  for (const render of [renderIpxeScript, renderNetworkMenu])
    t.throws(() => render({ title: 'T', kernel: 'k', initrd: 'i', words }), {
      code: 'command-line-too-long',
    });
});

test('what the menu of a remastered ISO says and the kit does not is named, without values', async (t) => {
  const iso = join(folder, 'remastered.iso');
  writeFileSync(iso, readFileSync(ours));
  const plain = await kit(join(folder, 'plain-kit'), '--from', iso);
  t.notRegex(plain.out, /note:/);
  const install = [{ name: 'device', value: '/dev/vda' }];
  await change(iso, { menu: { append: ['mine=secret', 'other'], install } });
  const { out } = await kit(join(folder, 'left-out'), '--from', iso, '--append-karg', 'other');
  t.regex(out, /the kit does not: mine, bos\.install\.silent, bos\.install\.device\.\s/);
  t.notRegex(out, /secret/);
});
