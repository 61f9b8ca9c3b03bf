/** A half-written new ISO that cannot be removed is named. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { OpsError } from '../../src/errors.ts';
import type { Host } from '../../src/host/ports.ts';
import { temporaryFolder } from '../formats/support.ts';
import { change, copyOf, host, imageBy } from './edit/edit-support.ts';

/** Renaming fails, and so does removing. */
const stuck: Host = {
  ...host,
  files: {
    ...host.files,
    rename: () => Promise.reject(new Error('EIO: rename')),
    remove: (path) =>
      path.endsWith('-part') ? Promise.reject(new Error('EIO: rm')) : host.files.remove(path),
  },
};

test('a part that stays is named, and what failed first is the message', async (t) => {
  const iso = copyOf(t, imageBy(t, 'xorriso with a partition of its own'));
  const output = join(temporaryFolder(t), 'new.iso');
  const error = await t.throwsAsync(change(iso, { menu: { append: ['a'] } }, { on: stuck, output }), {
    instanceOf: OpsError,
  });
  t.like(error, { kind: 'broken', code: 'iso-write-failed' });
  t.regex(error?.message ?? '', /EIO: rename/);
  t.regex(error?.hint ?? '', /The old ISO is untouched\. Remove by hand/);
  t.deepEqual(error?.details, [`${output}.opsctl-part could not be removed: EIO: rm`]);
  t.true(existsSync(iso));
  t.false(existsSync(output));
});
