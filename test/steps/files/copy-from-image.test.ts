/** Copying out of an ISO: how far it is, what of it is read, and an ISO that is not what the plan saw. */
import test from 'ava';
import { handlers, type Step } from '../../../src/steps/index.ts';
import type { FakeSetup } from '../../fakes/host.ts';
import { cases } from '../cases.ts';
import { contextOf } from '../context.ts';

const tested = cases['copy-from-image'];
const step = tested.step as Extract<Step, { kind: 'copy-from-image' }>;
const size = step.image.from === 'file' ? step.image.size : 0;

function ready(setup: FakeSetup = {}) {
  const { host, names } = tested.machine(setup);
  return { host, context: contextOf(host, names) };
}

test('with a digest all of the ISO is read, without one only what the files need; both end at their total', async (t) => {
  for (const [sha256, total] of [
    [step.sha256, size],
    // From the first byte of a file to the last.
    [null, 28],
  ] as const) {
    const { host, context } = ready();
    await handlers['copy-from-image'].run({ ...step, sha256 }, context);
    t.true(context.told.length > 0);
    for (const told of context.told) t.like(told, { total, unit: 'bytes' });
    t.is(context.told.at(-1)?.done, total);
    t.is(context.told[0]?.done, total, 'it comes in one piece');
    t.is(await host.files.readText('/run/bos/target/bos/system/kernel/6/vmlinuz'), 'a kernel');
    t.is(
      await host.files.readText('/run/bos/target/bos/system/os/1/rootfs.squashfs'),
      'the root file system',
    );
    t.is((await host.files.stat('/run/bos/target/bos/system/kernel/6/vmlinuz'))?.mode, 0o644);
  }
});

test('without a digest of the ISO the manifest is not read again', async (t) => {
  const other = Buffer.from(await ready().host.files.read('/isos/bos.iso'));
  other.write('one manifest', 40);
  const { context } = ready({ files: { '/isos/bos.iso': other } });
  await t.notThrowsAsync(handlers['copy-from-image'].run({ ...step, sha256: null }, context));
});

test('files of which the ISO has nothing or not all', async (t) => {
  const beyond = step.files.map((file) => ({ ...file, extents: [{ offset: size - 4, length: file.size }] }));
  await t.throwsAsync(handlers['copy-from-image'].run({ ...step, files: beyond }, ready().context), {
    code: 'medium-damaged',
    message: /^The medium is damaged: the ISO ends before bos\/system\/\S+ does$/,
  });
  const empty = { path: 'bos/system/x', size: 0, sha256: '', extents: [] };
  const { host, context } = ready();
  const sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  await handlers['copy-from-image'].run({ ...step, files: [...step.files, { ...empty, sha256 }] }, context);
  t.is(await host.files.readText('/run/bos/target/bos/system/x'), '');
});

test('an ISO is looked at before anything runs', async (t) => {
  await t.notThrowsAsync(async () => handlers['copy-from-image'].preflight?.(step, ready().context));
  const empty = { ...step, image: { from: 'file', path: '/isos/empty.iso', size: 0 } } as typeof step;
  const { context } = ready({ files: { '/isos/empty.iso': '' } });
  await t.throwsAsync(async () => handlers['copy-from-image'].preflight?.(empty, context), {
    code: 'medium-damaged',
    message: 'The medium is damaged: the ISO is empty',
  });
});

test('it stops when it is interrupted, and closes what it has begun', async (t) => {
  const { host, context } = ready();
  const interrupted = { ...context, signal: AbortSignal.abort() };
  await t.throwsAsync(handlers['copy-from-image'].run(step, interrupted));
  const kinds = host.effects.map(({ kind }) => kind);
  t.is(kinds.filter((kind) => kind === 'open').length, kinds.filter((kind) => kind === 'close').length);
});
