/** `opsctl image write` on machines in memory: what it asks, what it refuses, what it says. */
import test, { type ExecutionContext } from 'ava';
import type { CommandContext } from '../../../../src/cli/command.ts';
import { imageCommand } from '../../../../src/cli/commands/image/command.ts';
import { askToWrite, writeSummary } from '../../../../src/cli/commands/image/write-questions.ts';
import { probeMachine } from '../../../../src/disk/probe/probe.ts';
import type { Host } from '../../../../src/host/ports.ts';
import type { WriteRequest } from '../../../../src/image/write/request.ts';
import { disk } from '../../../disk/facts.ts';
import { machine } from '../../../disk/probe/machine.ts';
import { fakeTerminal, runProgram } from '../install/fake-world.ts';
import { type Script, scriptedAsk } from '../install/scripted-ask.ts';

const image = '/images/disk.img';
const stick = '/dev/sda';

const world = () =>
  machine('nvme-usb-live', {
    files: { [image]: Buffer.alloc(3 * 2 ** 20, 'x') },
    tools: { partx: () => undefined, udevadm: () => undefined },
  });
const write = async (argv: readonly string[], host?: Host, terminal = {}) =>
  runProgram(['image', 'write', ...argv], {
    commands: [imageCommand],
    host: host ?? (await world()),
    terminal,
  });

test('without an image it says how it is used', async (t) => {
  const { exitCode, err } = await write([]);
  t.is(exitCode, 2);
  t.regex(err, /image/);
});

test('only root', async (t) => {
  const host = await world();
  const { exitCode, err } = await write([image, stick], { ...host, system: { ...host.system, uid: 1000 } });
  t.is(exitCode, 3);
  t.regex(err, /Only root can write to disks[\s\S]*sudo opsctl image write/);
});

test('nobody to ask: --silent is needed, and a disk by its name', async (t) => {
  const host = await world();
  const asked = await write([image, stick], host);
  t.is(asked.exitCode, 3);
  t.regex(
    asked.err.replaceAll(/\s+/g, ' '),
    /Cannot ask for consent: .* run `opsctl image write IMAGE \/dev\/sda --silent`/,
  );
  const json = await write([image, stick, '--json'], host, { stdinIsTty: true });
  t.is(json.exitCode, 3);
  const unnamed = await write([image, '--silent'], host);
  t.is(unnamed.exitCode, 2);
  t.regex(unnamed.err, /No disk was named/);
  t.false(host.effects.some(({ kind, path }) => kind === 'write' && path === stick));
});

test('a fixed disk, a digest that is none', async (t) => {
  const fixed = await write([image, '/dev/nvme0n1', '--silent']);
  t.is(fixed.exitCode, 3);
  t.regex(fixed.err, /\/dev\/nvme0n1 is a fixed disk, not a removable one/);
  const digest = await write([image, stick, '--sha256', 'abc']);
  t.is(digest.exitCode, 2);
  t.regex(digest.err, /--sha256: expected 64 hexadecimal digits/);
});

test('over http nothing vouches for an image: refused where nobody is asked', async (t) => {
  const { exitCode, err } = await write(['http://example.com/disk.img?key=hush', stick, '--silent']);
  t.is(exitCode, 3);
  t.regex(err, /Nothing verifies the image/);
  t.notRegex(err, /hush/);
});

test('a dry run shows the plan and touches nothing', async (t) => {
  const host = await world();
  const { exitCode, out, err } = await write([image, stick, '--dry-run'], host);
  t.is(exitCode, 0, err);
  t.regex(out, /Write \/images\/disk\.img \(3\.1 MB\) to \/dev\/sda/);
  t.regex(out, /Dry run: nothing was touched on \/dev\/sda/);
  t.regex(err, /has no partition table/);
  t.false(host.effects.some(({ kind, path }) => kind === 'write' && path === stick));
  const json = await write([image, stick, '--dry-run', '--json'], host);
  const events = json.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string });
  t.deepEqual(
    events.map(({ type }) => type),
    ['warning', 'plan', 'result'],
  );
});

async function ask(t: ExecutionContext, script: Script, more: Partial<WriteRequest> = {}) {
  const host = await world();
  const terminal = fakeTerminal({ stdinIsTty: true });
  const context: CommandContext = {
    ...{ host, terminal, verbose: false, signal: new AbortController().signal },
    workstation: async () => host,
  };
  const person = scriptedAsk(...script);
  const request = { image, force: false, insecure: false, silent: false, dryRun: false, ...more };
  const probe = async () => ({ facts: await probeMachine(host, {}), cards: [] });
  const answered = await askToWrite(context, request, probe, person).then(
    (answer) => ({ answer }),
    (error: unknown) => ({ error }),
  );
  t.deepEqual(person.left, []);
  return { ...answered, told: terminal.written.err };
}

test('a single removable disk is taken and named; what is left out is said; the word is yes', async (t) => {
  const { told, ...rest } = await ask(t, [
    [/^Type yes to write to \/dev\/sda, plan to see each step, no to stop:$/, 'plan'],
    [/^Type yes to write/, 'yes'],
  ]);
  t.true('answer' in rest);
  t.regex(told, /Not offered: \/dev\/nvme0n1 is a fixed disk, not a removable one; \/dev\/nvme1n1 .*\.$/m);
  t.regex(told, /Disk: \/dev\/sda, /);
  t.regex(told, /Everything on \/dev\/sda will be lost/);
  t.regex(told, /Image +\/images\/disk\.img/);
  t.regex(told, /Check that \/dev\/sda is still the disk/);
});

test('no is no', async (t) => {
  const { error } = (await ask(t, [[/^Type yes/, 'no']])) as { error?: { code: string; message: string } };
  t.like(error, { code: 'declined', message: 'Not written: nothing was touched.' });
});

test('an image over http is asked about before anything of it is read', async (t) => {
  const url = { image: 'http://example.com/disk.img' };
  const { error, told } = (await ask(t, [[/^Use this image all the same\?$/, false]], url)) as {
    error?: { code: string };
    told: string;
  };
  t.like(error, { code: 'declined' });
  t.regex(told.replaceAll('\n', ' '), /comes over http, and neither a public key nor a SHA-256 verifies it/);
});

test('the summary says what vouches for the image', (t) => {
  const base = {
    ref: { from: 'file', path: image, size: 1 } as const,
    ...({ name: image, packing: 'xz', size: 4e9, least: 0, sha256: 'ab', bmap: undefined } as const),
    head: { table: 'gpt', sectorSize: 512, iso: false, partitions: [], reachesTo: 0 } as const,
  };
  const plan = { v: 1, operation: 'image-write', target: '', steps: [] } as const;
  const text = writeSummary({ plan, image: base, disk: disk(stick), doubts: ['Something to know.'] }, 80);
  t.regex(text, /^\/dev\/sda is empty: nothing will be lost\.$/m);
  t.regex(text, /Holds +a disk with a GPT, 4 GB, packed \(xz\)/);
  t.regex(text, /Checked by +its SHA-256, the checksums of xz/);
  t.regex(text, /^Something to know\.$/m);
  const bare = writeSummary(
    { plan, image: { ...base, packing: 'none', sha256: null, size: null }, disk: disk(stick), doubts: [] },
    80,
  );
  t.regex(bare, /nothing: it has neither a SHA-256 nor a block map/);
});
