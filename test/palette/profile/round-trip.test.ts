/** What is rendered of a profile is read back as the same profile, whatever its texts hold. */
import test from 'ava';
import fc from 'fast-check';
import { Findings, SourceText } from '../../../src/palette/profile/findings.ts';
import { profileOf } from '../../../src/palette/profile/parts.ts';
import { readExport } from '../../../src/palette/profile/read/read-export.ts';
import { openSource, readSource } from '../../../src/palette/profile/read/read-source.ts';
import { renderExport } from '../../../src/palette/profile/render/export.ts';
import { renderSource } from '../../../src/palette/profile/render/source.ts';
import { runs } from '../../properties.ts';
import * as arbitrary from './arbitrary.ts';

const nothing = { folders: new Map(), files: new Map() };

function exported(text: string) {
  const findings = new Findings();
  const parts = readExport(new SourceText('p.json', text), findings.tell);
  return { parts, findings: findings.listed('p.json') };
}

function sourced(text: string) {
  const findings = new Findings();
  const view = openSource(new SourceText('p.yaml', text), findings.tell);
  return {
    parts: view === undefined ? undefined : readSource(view, nothing, findings.tell),
    findings: findings.listed('p.yaml'),
  };
}

test('the JSON of Palette', (t) => {
  fc.assert(
    fc.property(arbitrary.profile, (profile) => {
      const text = renderExport(profile);
      const { parts, findings } = exported(text);
      t.deepEqual(findings, [], text);
      t.deepEqual(parts && profileOf(parts), profile);
    }),
    { numRuns: runs(1000) },
  );
});

test('the file that people edit, with a cluster in it', (t) => {
  fc.assert(
    fc.property(arbitrary.profile, fc.option(arbitrary.cluster, { nil: undefined }), (profile, cluster) => {
      const text = renderSource(profile, cluster, { comments: { packs: 'In their order.' } });
      const { parts, findings } = sourced(text);
      // What is wrong with a cluster that was drawn is its own.
      t.deepEqual(
        findings.filter(({ key = '' }) => !key.startsWith('cluster')),
        [],
        text,
      );
      t.deepEqual(parts && profileOf(parts), profile, text);
      t.deepEqual(parts?.cluster, cluster);
    }),
    { numRuns: runs(1000) },
  );
});
