/**
 * The steps of an overlay: pure, and the same for the same input. Until the last of them the board starts its old system:
 * on a mounted root by one rename, in an image by the name of the whole copy. None of them destroys anything.
 */
import { posix } from 'node:path';
import { manifestPath } from '../../media/manifest.ts';
import { oldInit, overlayFiles, overlayFolder, overlayRoot } from '../../media/overlay.ts';
import type { Plan } from '../../plan/plan.ts';
import { fileMode } from '../../steps/files/copy-files.ts';
import type { Step } from '../../steps/index.ts';
import { currentLinks, writeText } from '../fill-state.ts';
import type { Asset } from '../medium/live.ts';
import { planRefs } from '../plan-input.ts';
import { shownTarget } from './check.ts';
import type { OverlayFacts } from './facts.ts';
import type { Tarball } from './tarball.ts';

export interface OverlayInput {
  readonly facts: OverlayFacts;
  readonly tarball: Tarball;
  /** Size and digest of the configuration. */
  readonly config: Omit<Asset, 'path'>;
  /** Of an image. */
  readonly image?: ImageOutput;
}

export interface ImageOutput {
  /** What is copied: the image, or what it was unpacked to. */
  readonly from: string;
  readonly unpacked: boolean;
  /** Bytes. */
  readonly size: number;
  /** What the result is called. */
  readonly output: string;
  /** Permission bits of the result. */
  readonly mode: number;
}

export const configPath = 'bos/system/config.yaml';

export function planOverlay(input: OverlayInput): Plan<Step> {
  const { image, facts } = input;
  const target = image === undefined ? shownTarget(facts) : image.output;
  const steps = image === undefined ? onFolder(input) : onImage(input, image);
  return { v: 1, operation: 'overlay', target, steps };
}

/** Nothing of the manifest's: it is written after what it lists. */
const brought = ({ manifest, programs }: Tarball) =>
  [...manifest.files, ...programs].toSorted((a, b) => (a.path < b.path ? -1 : 1));

/** `/sbin/init`, where /sbin really is. */
const initPath = ({ init }: OverlayFacts): string => `${init.folder}/init`;
const keptPath = ({ init }: OverlayFacts): string => `${init.folder}/${posix.basename(oldInit)}`;

function onFolder({ facts, tarball, config }: OverlayInput): Step[] {
  const { path } = facts.target;
  const at = path === '/' ? planRefs.root : path;
  const files = brought(tarball);
  return [
    // A configuration that somebody has put there already, and data of an earlier overlay, stay.
    {
      id: 'claim-folders',
      kind: 'claim-folders',
      at,
      folders: [facts.bos === 'nothing' ? 'bos' : overlayFolder],
    },
    { id: 'copy-system', kind: 'copy-files', from: tarball.folder, to: at, files },
    { id: 'make-folders', kind: 'make-folders', at, folders: [{ path: overlayRoot, mode: 0o755 }] },
    { id: 'make-links', kind: 'make-links', at, links: linksOf(tarball) },
    {
      ...{ id: 'write-config', kind: 'write-file', at, path: configPath, mode: 0o600 },
      content: { from: 'file', path: planRefs.config, ...config },
    },
    writeText('write-manifest', at, manifestPath, tarball.manifestText),
    { id: 'verify-system', kind: 'verify-files', at, files },
    { id: 'write-journal', kind: 'write-journal', at },
    {
      ...{ id: 'switch-init', kind: 'switch-init', at },
      ...{ path: initPath(facts), kept: keptPath(facts), to: overlayFiles.init },
      target: facts.init.kind === 'link' ? facts.init.target : null,
    },
  ];
}

function onImage({ facts, tarball, config }: OverlayInput, image: ImageOutput): Step[] {
  const partial = `${image.output}.partial`;
  const files = brought(tarball);
  const { init, target } = facts;
  return [
    {
      ...{ id: 'copy-image', kind: 'copy-image', from: image.from, unpacked: image.unpacked },
      ...{ to: partial, size: image.size },
    },
    {
      ...{ id: 'fill-root', kind: 'fill-ext4', image: partial, from: tarball.folder },
      offset: target.kind === 'image' ? target.offset : 0,
      folders: foldersOf([...files.map(({ path }) => path), `${overlayRoot}/x`]),
      files: [...files.map(({ path }) => path), manifestPath].map((path) => ({
        ...{ path, from: path, mode: fileMode(path) },
      })),
      links: linksOf(tarball),
      config: {
        ...{ path: configPath, mode: 0o600 },
        content: { from: 'file', path: planRefs.config, ...config },
      },
      init: {
        ...{ path: initPath(facts), kept: keptPath(facts), from: overlayFiles.init },
        target: init.kind === 'link' ? init.target : null,
      },
    },
    {
      ...{ id: 'name-image', kind: 'name-image', from: partial, to: image.output, mode: image.mode },
      ...{ beside: [], remove: [] },
    },
  ];
}

const linksOf = ({ manifest }: Tarball) =>
  currentLinks(manifest).filter(({ path }) => path !== 'bos/system/kernel/current');

/** Every folder that these paths lie in, parents first. */
function foldersOf(paths: readonly string[]): string[] {
  const found = new Set<string>();
  for (const path of paths)
    for (let folder = posix.dirname(path); folder !== '.'; folder = posix.dirname(folder)) found.add(folder);
  return [...found].toSorted();
}
