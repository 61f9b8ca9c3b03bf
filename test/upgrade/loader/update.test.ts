/** The boot loader by word of somebody: when it is refused, and what is recorded. */
import test from 'ava';
import { updateLoader } from '../../../src/upgrade/loader/update.ts';
import { readUpgradeRecord } from '../../../src/upgrade/record.ts';
import { fakeNode, installed, type NodeSetup, options } from '../node.ts';

const deployment = { kernel: installed.kernel, os: installed.os, dcp: null };
const nothingToDo = async () => ({ plan: undefined, deployment, message: 'Nothing to do' });

const recorded = async (dryRun: boolean) => {
  const host = fakeNode();
  const done = await updateLoader(host, { dryRun }, options, nothingToDo);
  return { done, loader: (await readUpgradeRecord(host.files, '/')).loader };
};

test('what was brought is recorded; what was only shown is not', async (t) => {
  t.like(await recorded(false), {
    done: { changed: false, deployment },
    loader: { os: installed.os, end: 'updated' },
  });
  t.like(await recorded(true), { done: { changed: false }, loader: undefined });
});

const refused = test.macro(async (t, setup: NodeSetup, code: string) => {
  const host = fakeNode(setup);
  const before = host.tree('/');
  await t.throwsAsync(updateLoader(host, { dryRun: false }, options), { code });
  t.deepEqual(host.tree('/'), before);
});
test('not while a version is on trial', refused, { others: { bos_tries: 'cpr' } }, 'loader-on-trial');
test(
  'nor when another one starts next',
  refused,
  { running: { ...installed, os: '0.0.9' } },
  'loader-not-current',
);
