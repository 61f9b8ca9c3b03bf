/** A whole image of a small ISO, by the real tools on files: what other programs make of it, and what is refused. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { parseBootEnvironment } from '../../../src/boot/environment.ts';
import { imageCommand } from '../../../src/cli/commands/image/command.ts';
import { OpsError } from '../../../src/errors.ts';
import { within } from '../../../src/formats/bytes.ts';
import { readFatFile } from '../../../src/formats/filesystems/fat/file.ts';
import { workstationHost } from '../../../src/host/workstation/index.ts';
import { createImage, type ImageRequest } from '../../../src/image/create/create.ts';
import { runProgram } from '../../cli/commands/install/fake-world.ts';
import { fileSource, temporaryFolder, tool } from '../../formats/support.ts';
import { madeImage } from '../small-image.ts';
import { partitionsOf, stateOf } from './made-image.ts';
import { smallIso } from './small-iso.ts';

const host = workstationHost();
const MiB = 2 ** 20;

function setUp(t: ExecutionContext) {
  const folder = temporaryFolder(t);
  const config = join(folder, 'node.yaml');
  writeFileSync(config, 'hostname: imaged\nbos:\n  password: hush\n');
  const output = join(folder, 'disk.img');
  const from = smallIso(t);
  const make = (more: Partial<ImageRequest> = {}, signal?: AbortSignal) =>
    madeImage(t, { from, output, config, ...more }, signal);
  return { folder, output, make, from };
}

/** A small partition of an image as a file of its own. */
function partition(t: ExecutionContext, path: string, number: number): string {
  const { start = 0, size = 0 } = partitionsOf(path)[number - 1] ?? {};
  const out = join(temporaryFolder(t), `part${number}`);
  const range = ['bs=1M', `skip=${start / 2048}`, `count=${size / 2048}`];
  tool('dd', `if=${path}`, `of=${out}`, ...range, 'status=none');
  return out;
}

test('an image: its table, its boot loader, its state with everything in it', async (t) => {
  const { folder, output, make } = setUp(t);
  const made = await make({ append: ['nosmt', 'a=b c'] });
  t.like(made, { output, version: '0.1.0' });
  t.deepEqual(readdirSync(folder).toSorted(), ['disk.img', 'node.yaml'], 'nothing else is left');
  t.is(statSync(output).mode & 0o777, 0o600, 'it holds the configuration');
  t.is(statSync(output).size % MiB, 0);
  t.regex(tool('sgdisk', '--verify', output), /No problems found/);
  t.deepEqual(
    partitionsOf(output).map(({ name }) => name),
    ['bios_grub', 'BOS_GRUB', 'BOS_STATE'],
  );
  tool('fsck.fat', '-n', partition(t, output, 2));
  const state = stateOf(output);
  t.regex(tool('e2fsck', '-f', '-n', state), /BOS_STATE: \d+\/\d+ files/);
  const read = (path: string) => tool('debugfs', '-R', `cat ${path}`, state);
  t.is(read('/bos/system/config.yaml'), '', 'the first boot puts it there');
  for (const marker of ['growpart', 'new-identity'])
    t.regex(tool('debugfs', '-R', `stat /bos/system/${marker}`, state), /Size: 0/);
  t.regex(
    tool('debugfs', '-R', 'stat /bos/system/kernel/current', state),
    /Fast link dest: "6\.1\.0-40-amd64"/,
  );
  for (const entered of ['/bos', '/bos/data', '/bos/system', '/boot', '/boot/grub'])
    t.regex(tool('debugfs', '-R', `stat ${entered}`, state), /Type: directory {4}Mode: {2}0755/, entered);
  const menu = read('/boot/grub/grub.cfg');
  t.regex(menu, /linux .* console=tty0 console=ttyS0,115200 nosmt 'a=b c' gpt quiet/);
  t.true(menu.startsWith('# The boot menu and its kernel arguments are EFI/BOS/MENU.CFG'));
  const esp = within(await fileSource(t, output), (partitionsOf(output)[1]?.start ?? 0) * 512);
  const environment = parseBootEnvironment(
    (await readFatFile(esp, 'EFI/debian/grubenv')) ?? new Uint8Array(),
  );
  const setting = async (name: string) =>
    Buffer.from((await readFatFile(esp, `EFI/BOS/${name}`)) ?? []).toString('latin1');
  t.true(menu.endsWith((await setting('MENU.CFG')).replace(/\n#+\n$/, '')));
  const filled = await setting('CONFIG.YML');
  t.is(filled.replace(/\xff+$/, ''), 'hostname: imaged\nbos:\n  password: hush\n');
  t.is(filled.length, 2 ** 18);
  t.like(environment, { mark: 'valid', kernel: '6.1.0-40-amd64', os: '0.1.0', dcp: null });
  t.true(tool('dumpe2fs', '-h', state).includes(environment.stateUuid));
});

test('an image needs a name, or a cloud that gives one', async (t) => {
  const { from } = setUp(t);
  const options = { emit: () => {}, signal: new AbortController().signal };
  const error = await t.throwsAsync(
    createImage(host, { from, append: [], allowNoLogin: true, force: false }, options),
    { instanceOf: OpsError, code: 'output-missing' },
  );
  t.is(error?.kind, 'usage');
});

test('what is refused leaves nothing behind, and what is there alone', async (t) => {
  const { folder, output, make, from } = setUp(t);
  const refused = async (code: string, more: Partial<ImageRequest>, kind = 'refused') => {
    const error = await t.throwsAsync(make(more), { code, instanceOf: OpsError }, code);
    t.is(`${error?.kind}`, kind, code);
  };
  writeFileSync(join(folder, 'bad.yaml'), 'hostnam: x\nbos: {password: 1\n');
  await refused('config-invalid', { config: join(folder, 'bad.yaml') }, 'usage');
  writeFileSync(join(folder, 'nobody.yaml'), 'hostname: x\n');
  await refused('no-login', { config: join(folder, 'nobody.yaml') });
  await refused('disk-too-small', { size: 1000 * MiB });
  await refused('output-folder', { output: join(folder, 'none/disk.img') });
  await refused('output-exists', { output: '/dev/null' });
  await refused('iso-unreadable', { from: join(folder, 'no.iso') });
  // Who has mistyped the ISO is not sent for a key first.
  await refused('iso-unreadable', { from: join(folder, 'no.iso'), config: join(folder, 'nobody.yaml') });
  writeFileSync(join(folder, 'not.iso'), 'x');
  await refused('iso-invalid', { from: join(folder, 'not.iso') });
  writeFileSync(output, 'somebody has this');
  await refused('output-exists', {});
  t.is(readFileSync(output, 'utf8'), 'somebody has this');
  t.true(existsSync(from));
  t.deepEqual(
    readdirSync(folder).filter((name) => name.includes('partial')),
    [],
  );
  await make({ force: true });
  t.true(statSync(output).size > MiB);
});

test('a dry run shows the plan that would run, and writes nothing', async (t) => {
  const { folder, output, from } = setUp(t);
  const before = readdirSync(folder);
  const dryRun = (...more: readonly string[]) => {
    const line = ['create', '--from', from, '-o', output, '--config', join(folder, 'node.yaml'), '--dry-run'];
    return runProgram(['image', ...line, ...more], { commands: [imageCommand], host });
  };
  const { exitCode, out, err } = await dryRun();
  t.is(exitCode, 0, err);
  t.regex(out, /^Plan for .*disk\.img \(2\.5 GB\):\n +1\. Make /);
  t.regex(out, /Dry run: .*disk\.img would be Bhojpur OS 0\.1\.0, a disk of 2\.5 GB\.\n$/);
  t.notRegex(out, /destroys data/);
  const events = (await dryRun('--json')).out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.deepEqual(
    events.map(({ type }) => type),
    ['plan', 'result'],
  );
  // What is checked before the first step is checked here, too.
  const full = { ...host, files: Object.assign(Object.create(host.files), { freeSpace: async () => 1 }) };
  const options = { emit: () => {}, signal: new AbortController().signal, show: () => t.fail() };
  const request = { from, output, append: [], allowNoLogin: true, force: false };
  await t.throwsAsync(createImage(full, request, options), { code: 'no-room' });
  t.deepEqual(readdirSync(folder), before);
});

test('a program that is missing is told before anything is written', async (t) => {
  const { folder, output, from } = setUp(t);
  const without = {
    ...host,
    processes: Object.assign(Object.create(host.processes), {
      which: async (name: string) => (name === 'sync' ? undefined : host.processes.which(name)),
    }),
  };
  const request = { from, output, config: join(folder, 'node.yaml') };
  const before = readdirSync(folder);
  await t.throwsAsync(madeImage(t, request, undefined, without), { code: 'tool-missing' });
  t.deepEqual(readdirSync(folder), before);
});

test('a damaged ISO and an interruption end with no image', async (t) => {
  const { folder, output, make, from } = setUp(t);
  const bytes = readFileSync(from);
  const place = bytes.indexOf(Buffer.from('hsqs'));
  bytes.writeUInt8((bytes[place + 60] ?? 0) ^ 1, place + 60);
  const broken = join(folder, 'broken.iso');
  writeFileSync(broken, bytes);
  const error = await t.throwsAsync(make({ from: broken }), { instanceOf: OpsError });
  t.true(['undone', 'refused'].includes(error?.kind ?? ''), error?.message);
  const aborter = new AbortController();
  aborter.abort();
  await t.throwsAsync(make({}, aborter.signal), { code: 'interrupted' });
  t.false(existsSync(output));
  t.deepEqual(
    readdirSync(folder).filter((name) => name.includes('partial')),
    [],
  );
});
