/** Packs for tests: in memory and in folders. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { renderPng } from '../../src/formats/png.ts';
import type { PackContent, PackEntry } from '../../src/palette/pack/pack-content.ts';
import { validatePack } from '../../src/palette/pack/validate.ts';

export type PackFileTexts = Readonly<Record<string, string | Uint8Array>>;

export const logo = renderPng(2, 2, () => [0, 80, 120, 255]);

/** No error, no warning. */
export const soundMeta = {
  name: 'edge-native-byoi',
  displayName: 'Bhojpur OS',
  version: '2.1.0',
  layer: 'os',
  cloudTypes: ['edge-native'],
};

export const soundValues = `pack:
  content:
    images:
      - image: '{{.spectro.pack.edge-native-byoi.options.system.uri}}'
options:
  system.uri: registry.example.com/bos:k3s-1.33.5-v4.7.0-demo
`;

export const soundPack: PackFileTexts = {
  'pack.json': JSON.stringify(soundMeta, null, 2),
  'values.yaml': soundValues,
  'logo.png': logo,
  'README.md': '# Bhojpur OS\n',
};

/** The sound pack with other keys in its pack.json; undefined leaves one out. */
export const withMeta = (
  keys: Readonly<Record<string, unknown>>,
  files: PackFileTexts = {},
): PackFileTexts => ({
  ...soundPack,
  'pack.json': JSON.stringify({ ...soundMeta, ...keys }, null, 2),
  ...files,
});

export const withValues = (values: string): PackFileTexts => ({ ...soundPack, 'values.yaml': values });

export function contentOf(files: PackFileTexts, folder = 'p'): PackContent {
  const entries = new Map<string, PackEntry>();
  const contents = new Map<string, Uint8Array>();
  for (const [path, text] of Object.entries(files)) {
    const bytes = Buffer.from(text);
    for (let above = dirname(path); above !== '.'; above = dirname(above))
      entries.set(above, { type: 'directory', size: 0 });
    entries.set(path, { type: 'file', size: bytes.length });
    contents.set(path, bytes);
  }
  return { place: folder, folder, entries, contents };
}

/** `FILE:LINE:COLUMN [warning: ]key: message` of each fault. */
export const faultsOf = (files: PackFileTexts, folder = 'p'): readonly string[] =>
  validatePack(contentOf(files, folder)).findings.map(({ severity, place, key, message }) => {
    const where = [place.file.replace(`${folder}/`, ''), place.line, place.column];
    const label = severity === 'error' ? '' : 'warning: ';
    return `${where.filter((part) => part !== undefined).join(':')} ${label}${key === undefined ? '' : `${key}: `}${message}`;
  });

/** A folder that is removed after the test. */
export function packFolder(t: ExecutionContext, files: PackFileTexts, name = 'p'): string {
  const root = mkdtempSync(join(tmpdir(), 'bos-pack-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  const folder = join(root, name);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}
