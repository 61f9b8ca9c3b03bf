/** Where a version comes from: what nothing vouches for is refused, with the keys of an upgrade. */
import test from 'ava';
import type { OpsError } from '../../../src/errors.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import { openSource } from '../../../src/upgrade/source/source.ts';

test('over http without a key: refused, and told of the keys of an upgrade, not of an installation', async (t) => {
  const request = { source: 'http://a/b.iso', insecure: false, dryRun: false };
  const error = await t.throwsAsync(() => openSource(linuxHost(), request, {}), {
    code: 'medium-unverified',
  });
  t.is(error.message, 'Nothing verifies the version to upgrade to');
  t.regex((error as OpsError).hint ?? '', /--public-key \(bos\.upgrade\.public_key\)/);
  t.notRegex(JSON.stringify(error), /bos\.install/);
});
