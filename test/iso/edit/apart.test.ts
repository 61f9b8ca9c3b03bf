/** What cannot be done in place takes a rebuild, or is refused where there is no program for it: long names. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { OpsError } from '../../../src/errors.ts';
import { missingProgram } from '../../../src/host/linux/programs.ts';
import { temporaryFolder } from '../../formats/support.ts';
import { change, digestOf, host, imageBy, pathsByXorriso } from './edit-support.ts';

const long = `a-name-of-150-bytes-${'x'.repeat(130)}`;

test('a name of 150 bytes takes a rebuild, which says why', async (t) => {
  const iso = imageBy(t, 'xorriso with a partition of its own', 3);
  const source = join(temporaryFolder(t), 'file');
  writeFileSync(source, 'long');
  const before = digestOf(iso);
  const request = { add: [{ source, path: long }] };
  for (const method of ['padding', 'append'] as const) {
    const error = await t.throwsAsync(change(iso, { ...request, method }), { code: 'iso-name' });
    t.regex((error as OpsError).message, /^The name a-name-of-150-bytes-x+ is too long to be added in place/);
    t.regex((error as OpsError).hint ?? '', /at most 100 bytes, or --method rebuild/);
    t.is(digestOf(iso), before);
  }
  const { method, reason } = await change(iso, request);
  t.is(method, 'rebuild');
  t.regex(reason, /^The image cannot be patched\. The name .* is too long/);
  t.true(pathsByXorriso(iso).includes(long));
});

test('without xorriso a long name is refused, and the image stays as it is', async (t) => {
  const iso = imageBy(t, 'genisoimage', 3);
  const source = join(temporaryFolder(t), 'file');
  writeFileSync(source, 'long');
  const before = digestOf(iso);
  const run = async (program: string): Promise<never> => {
    throw missingProgram(program);
  };
  const on = { ...host, processes: { ...host.processes, run } };
  const error = await t.throwsAsync(change(iso, { add: [{ source, path: long }] }, { on }), {
    instanceOf: OpsError,
    code: 'tool-missing',
  });
  t.regex((error as OpsError).message, /xorriso/);
  t.is(digestOf(iso), before);
});
