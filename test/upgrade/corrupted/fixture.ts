/**
 * A release of 20 KB on a server in memory, of which any byte can be another one, and a node that has the version before
 * it: the squashfs images of both differ in one of five files.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { exitCodeOf } from '../../../src/errors.ts';
import { encodeBlockIndex } from '../../../src/formats/block-index.ts';
import { fromBytes } from '../../../src/formats/bytes.ts';
import { sha256Of } from '../../../src/host/digest.ts';
import type { Http } from '../../../src/host/ports.ts';
import { blockIndexOf } from '../../../src/media/delta/index-of.ts';
import { type Manifest, manifestPath, renderManifest } from '../../../src/media/manifest.ts';
import { upgrade } from '../../../src/upgrade/run.ts';
import type { FakeHost } from '../../fakes/host.ts';
import { temporaryFolder, tool } from '../../formats/support.ts';
import { environmentOf, fakeNode, installed, options, request, state } from '../node.ts';

const origin = 'http://releases.example';
const url = `${origin}/${manifestPath}`;
const kernel = installed.kernel;

/** Path and content of everything that a version has. */
export type Release = ReadonlyMap<string, Buffer>;

/** Uncompressed and without fragments, so that one file changes its own blocks alone. */
function squashfs(t: ExecutionContext, changed: string): Buffer {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, 'root'));
  for (let index = 0; index < 5; index += 1) {
    const text = index === 2 ? changed : `file ${index}`;
    const lines = Array.from({ length: 150 }, (_, line) => sha256Of(`${text} ${line}`).slice(0, 23));
    writeFileSync(join(folder, 'root', `file-${index}`), `${lines.join('\n')}\n`);
  }
  const packed = join(folder, 'image');
  const plain = ['-noI', '-noD', '-noF', '-no-fragments', '-b', '4K', '-all-root'];
  const times = ['-all-time', '1', '-mkfs-time', '1'];
  tool('mksquashfs', join(folder, 'root'), packed, '-quiet', '-no-progress', ...plain, ...times, '-nopad');
  return readFileSync(packed);
}

async function releaseOf(os: string, rootfs: Buffer): Promise<Release> {
  const texts = ['vmlinuz', 'initrd', 'kernel.squashfs'].map((name): [string, Buffer] => [
    `bos/system/kernel/${kernel}/${name}`,
    Buffer.from(`${name} of ${kernel}`),
  ]);
  const path = `bos/system/os/${os}/rootfs.squashfs`;
  const files = new Map<string, Buffer>([
    ...texts,
    [path, rootfs],
    [`${path}.blocks`, encodeBlockIndex(await blockIndexOf(fromBytes(rootfs)))],
  ]);
  const manifest: Manifest = {
    ...{ v: 1, arch: 'amd64', kernel, os, dcp: null },
    files: [...files].map(([name, bytes]) => ({ path: name, size: bytes.length, sha256: sha256Of(bytes) })),
  };
  return files.set(manifestPath, Buffer.from(renderManifest(manifest)));
}

export interface Corrupted {
  readonly newer: Release;
  /** Of the newer release: those files whose bytes decide something. */
  readonly paths: readonly string[];
  /** Upgrades a node from the release with the byte at `offset` of `path` changed; what is wrong with the end. */
  faults(path: string, offset: number): Promise<string[]>;
  /** Upgrades from the release as it is; the requests. */
  sound(): Promise<{ readonly asked: readonly string[]; readonly faults: readonly string[] }>;
}

export async function corruptedReleases(t: ExecutionContext): Promise<Corrupted> {
  const older = await releaseOf('0.1.0', squashfs(t, 'before'));
  const newer = await releaseOf('0.2.0', squashfs(t, 'after'));
  const node = (release: Release, asked: string[]) =>
    fakeNode({
      files: Object.fromEntries([...older].map(([path, bytes]) => [`${state}/${path}`, bytes])),
      open: serving(release, asked),
    });
  const run = async (release: Release, asked: string[]): Promise<string[]> => {
    const host = node(release, asked);
    const before = host.tree(state);
    try {
      await upgrade(host, request({ source: url, insecure: true }), options);
    } catch (error) {
      return refusedFaults(error, host.tree(state), before);
    }
    return doneFaults(host, newer);
  };
  return {
    newer,
    paths: [...newer.keys()].filter((path) => path === manifestPath || path.includes('/os/')),
    faults: (path, offset) => {
      const bytes = Buffer.from(newer.get(path) ?? '');
      bytes[offset] = (bytes[offset] ?? 0) ^ 1;
      return run(new Map([...newer, [path, bytes]]), []);
    },
    sound: async () => {
      const asked: string[] = [];
      return { faults: await run(newer, asked), asked };
    },
  };
}

/** Exit code 3 or 4, and everything as it was. */
function refusedFaults(
  error: unknown,
  after: Readonly<Record<string, string>>,
  before: Readonly<Record<string, string>>,
): string[] {
  const code = exitCodeOf(error);
  const paths = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [
    ...([3, 4].includes(code) ? [] : [`exit code ${code}: ${error instanceof Error ? error.stack : error}`]),
    ...[...paths].filter((path) => before[path] !== after[path]).map((path) => `${path} changed`),
  ];
}

/** What starts next has the files of the release, byte for byte. */
async function doneFaults(host: FakeHost, newer: Release): Promise<string[]> {
  const environment = await environmentOf(host);
  const faults: string[] = [];
  for (const [path, bytes] of newer) {
    if (path === manifestPath) continue;
    const [, component = '', name = ''] = /^bos\/system\/(kernel|os)\/[^/]+\/(.*)$/.exec(path) ?? [];
    const version = component === 'os' ? environment.os : environment.kernel;
    const place = `${state}/bos/system/${component}/${version}/${name}`;
    const found = (await host.files.exists(place)) ? await host.files.read(place) : undefined;
    if (found === undefined || Buffer.compare(Buffer.from(found), bytes) !== 0)
      faults.push(`${place} is another`);
  }
  return faults;
}

/** Ranges, one a request, and the whole where none is asked for. */
function serving(release: Release, asked: string[]): Http['open'] {
  return async (place, { headers: { range = '' } = {} } = {}) => {
    const path = place.slice(origin.length + 1);
    asked.push(`${path} ${range}`);
    const bytes = release.get(path);
    const close = () => {};
    if (bytes === undefined) return { status: 404, headers: {}, body: bodyOf(Buffer.alloc(0)), close };
    const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range) ?? [];
    if (first === undefined)
      return { status: 200, headers: { 'content-length': String(bytes.length) }, body: bodyOf(bytes), close };
    const [start, end] = [Number(first), last ? Math.min(bytes.length, Number(last) + 1) : bytes.length];
    if (start >= bytes.length) return { status: 416, headers: {}, body: bodyOf(Buffer.alloc(0)), close };
    const headers = { 'content-range': `bytes ${start}-${end - 1}/${bytes.length}` };
    return { status: 206, headers, body: bodyOf(bytes.subarray(start, end)), close };
  };
}

async function* bodyOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
