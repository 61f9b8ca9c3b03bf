/** Which version is the newer one. */
import test from 'ava';
import { compareVersions } from '../../../src/upgrade/source/versions.ts';

test('versions are ordered as Semantic Versioning says', (t) => {
  const ordered = [
    '0.9.0',
    '0.10.0',
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc.1',
    '1.0.0',
    '2.0.0',
  ];
  for (const [index, version] of ordered.entries())
    for (const [other, later] of ordered.entries())
      t.is(
        Math.sign(compareVersions(version, later) ?? Number.NaN),
        Math.sign(index - other),
        `${version} and ${later}`,
      );
});

test('a v in front and what stands behind a + make no difference', (t) => {
  t.is(compareVersions('v0.11.0', '0.11.0'), 0);
  t.is(compareVersions('0.2.0+1a2b3c4d', '0.2.0'), 0);
});

test('what is not a version cannot be ordered', (t) => {
  for (const odd of ['latest', '', '1', '1.2', '1.2.3.4', 'vv1.2.3', '1.2.x', '01.2.3'])
    t.is(compareVersions(odd, '1.2.3'), undefined, odd);
});
