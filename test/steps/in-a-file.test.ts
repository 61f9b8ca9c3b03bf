/** Steps whose partition is a range of a disk image: what the programs are told of it. */
import test from 'ava';
import { handlerOf } from '../../src/plan/plan.ts';
import { handlers, type Step } from '../../src/steps/index.ts';
import { type FakeSetup, fakeHost } from '../fakes/host.ts';
import { formatState, mountState } from './common-steps.ts';
import { contextOf } from './context.ts';

const image = '/images/disk.img';
const MiB = 2 ** 20;
const range = { path: image, offset: 3 * MiB, size: 8 * MiB + 100 };

async function ran(
  step: Step,
  bound: Parameters<ReturnType<typeof contextOf>['bind']>[1],
  setup: FakeSetup = {},
) {
  const tools = Object.fromEntries(
    ['mount', 'mkfs.ext4', 'e2label'].map((name) => [name, () => undefined] as const),
  );
  const host = fakeHost({ files: { [image]: Buffer.alloc(16 * MiB) }, tools, ...setup });
  const context = contextOf(host);
  context.bind('part:state', bound);
  await handlerOf(handlers, step).run(step, context);
  return host.ran;
}

const optionsOf = (line = '') => / -o (\S+) /.exec(line)?.[1]?.split(',') ?? [];

test('a partition is mounted as it is, a range of a file through a loop device of its size', async (t) => {
  const common = ['noatime', 'nodev', 'nosuid', 'noexec', 'noinit_itable'];
  const [device] = await ran(mountState, '/dev/vda3');
  t.deepEqual(optionsOf(device), common);
  t.regex(device ?? '', /^mount -t ext4 -o \S+ \/dev\/vda3 \/run\/bos\/target$/);
  const [file] = await ran(mountState, range);
  t.deepEqual(optionsOf(file), [...common, ...['loop', `offset=${range.offset}`, `sizelimit=${range.size}`]]);
  t.regex(file ?? '', /^mount -t ext4 -o \S+ \/images\/disk\.img \/run\/bos\/target$/);
  const [open] = await ran(mountState, { path: image, offset: MiB });
  t.deepEqual(optionsOf(open), [...common, 'loop', `offset=${MiB}`]);
});

test('a file system is made where the range begins, with as many blocks as fit into it', async (t) => {
  const [device] = await ran(formatState, image);
  t.regex(device ?? '', / \/images\/disk\.img$/);
  t.notRegex(device ?? '', /offset=/);
  const [file] = await ran(formatState, range);
  t.regex(
    file ?? '',
    new RegExp(
      ` -E lazy_itable_init=1,lazy_journal_init=1,nodiscard,resize=\\d+,offset=${range.offset} /images/disk\\.img 2048$`,
    ),
  );
  // The first partition of a file that is one: no place has to be said.
  t.regex((await ran(formatState, { ...range, offset: 0 }))[0] ?? '', / \/images\/disk\.img$/);
});

test('a file system is made with room to grow to 64 times its size, and not beyond what ext4 takes', async (t) => {
  const resize = async (size: number) => {
    const [line = ''] = await ran(formatState, { path: image, offset: MiB, size });
    return Number(/resize=(\d+)/.exec(line)?.[1]);
  };
  t.is(await resize(8 * MiB), 64 * 2048);
  t.is(await resize(2 ** 40), 2 ** 32 - 1);
  t.is(await resize(2 ** 44), Number.NaN);
});

test('the label of a file system inside of a file is written there', async (t) => {
  const step: Step = { id: 'a', kind: 'relabel', partition: 'part:state', from: '', to: 'NEW' };
  t.deepEqual(await ran(step, range), [`e2label ${image}?offset=${range.offset} NEW`]);
  const { undo } = handlers.relabel;
  if (undo.kind === 'none') return t.fail();
  const host = fakeHost({ tools: { e2label: () => undefined } });
  const context = contextOf(host);
  context.bind('part:state', range);
  await undo.run(step, context);
  t.deepEqual(host.ran, [`e2label ${image}?offset=${range.offset} `]);
});
