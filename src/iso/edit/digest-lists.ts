/**
 * The lists of digests that images carry and that must stay in step: our manifest, and the md5sum.txt of Debian's
 * and Ubuntu's media (`MD5  ./path`), which their integrity check reads; other lists of the same shape as well.
 */
import { overlaps, type PlacedBytes, rangeOf } from '../../formats/byte-range.ts';
import { type ByteSource, joinedRanges, within } from '../../formats/bytes.ts';
import type { Host } from '../../host/ports.ts';
import { isDigestList, parseDigestLine, signaturesOf } from '../digest-list-names.ts';
import type { Image } from '../image.ts';
import { type Content, piecesOf } from '../pieces.ts';
import { overlaid } from './overlay.ts';
import type { FileChange } from './patch-plan.ts';

const manifestPath = 'bos/system/manifest.json';
const listLimit = 16 * 2 ** 20;
const pieceSize = 2 ** 20;

/** The changes and those of the lists that speak of them; `notes` says which lists were brought into step. */
export async function withDigestLists(
  host: Host,
  image: Image,
  files: readonly FileChange[],
  efi: readonly PlacedBytes[] = [],
): Promise<{ files: FileChange[]; notes: string[] }> {
  const all = [...files];
  const volumes = efi.length === 0 ? [] : await overwrittenFiles(image, efi);
  const notes: string[] = [];
  const manifest = await manifestChange(host, image, files);
  if (manifest !== undefined) all.push(manifest);
  const root = files.length + efi.length === 0 ? [] : await image.iso.list('');
  const names = root.map(({ path }) => path);
  for (const { path, type } of root) {
    if (type !== 'file' || !isDigestList(path) || files.some((file) => file.path === path)) continue;
    const old = Buffer.from(await image.iso.readFile(path, listLimit)).toString('latin1');
    const text = await changedList(host, image, old, all, volumes);
    if (text === old) continue;
    all.push({ path, content: { kind: 'bytes', bytes: Buffer.from(text, 'latin1') } });
    notes.push(`/${path} has the new digests.`);
    const signatures = signaturesOf(path, names).map((name) => `/${name}`);
    if (signatures.length > 0)
      notes.push(`The signature of /${path} (${signatures.join(', ')}) no longer holds.`);
    if (old.startsWith('-----BEGIN PGP SIGNED'))
      notes.push(`The signature inside of /${path} no longer holds.`);
  }
  return { files: all, notes };
}

/** Lines of files that change get the new digest, lines of files that go are taken out; new files are not listed. */
async function changedList(
  host: Host,
  image: Image,
  text: string,
  files: readonly FileChange[],
  volumes: readonly Overwritten[],
): Promise<string> {
  const names = await otherNames(image, files);
  const lines: string[] = [];
  for (const line of text.split(/(?<=\n)/)) {
    const body = line.replace(/\r?\n$/, '');
    const listed = parseDigestLine(body);
    const path = listed && Buffer.from(listed.path, 'latin1').toString('utf8');
    const change = path === undefined ? undefined : await changeAt(image, files, path, names);
    const volume = volumes.find((file) => file.path === path);
    if (listed !== undefined && change === undefined && volume !== undefined) {
      const digest = await digestOfSource(volume.content, listed.algorithm);
      lines.push(`${digest}${listed.between}${listed.path}${line.slice(body.length)}`);
    } else if (listed === undefined || change === undefined) lines.push(line);
    else if (change.content !== undefined) {
      const digest = await digestOf(host, change.content, listed.algorithm);
      lines.push(`${digest}${listed.between}${listed.path}${line.slice(body.length)}`);
    }
  }
  return lines.join('');
}

interface Overwritten {
  readonly path: string;
  readonly content: ByteSource;
}

/** The files of the image that these pieces lie in, as they will be: boot images are files as a rule. */
async function overwrittenFiles(
  { source, iso }: Image,
  pieces: readonly PlacedBytes[],
): Promise<Overwritten[]> {
  const after = overlaid(source, piecesOf(pieces), source.size, () => Promise.reject(new Error('no files')));
  const found: Overwritten[] = [];
  for await (const { path, type, extents } of iso.walk())
    if (type === 'file' && extents.some((extent) => pieces.some((piece) => overlaps(extent, rangeOf(piece)))))
      found.push({ path, content: joinedRanges(after, extents) });
  return found;
}

const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);

/** Names under which a list may have files that change: their own in other folders, and of links beside them. */
async function otherNames({ iso }: Image, files: readonly FileChange[]): Promise<Set<string>> {
  const names = new Set(files.map(({ path }) => nameOf(path)));
  for (const folder of new Set(files.map(({ path }) => path.slice(0, -nameOf(path).length))))
    for (const { path, type } of (await iso.stat(folder))?.type === 'directory' ? await iso.list(folder) : [])
      if (type === 'symlink') names.add(nameOf(path));
  return names;
}

/** The change of the file at a path, which may lead through links. */
async function changeAt(
  { iso }: Image,
  files: readonly FileChange[],
  path: string,
  names: ReadonlySet<string>,
): Promise<FileChange | undefined> {
  const change = changeOf(files, path);
  if (change !== undefined || !names.has(nameOf(path))) return change;
  const entry = await iso.stat(path);
  return entry === undefined || entry.path === path ? undefined : changeOf(files, entry.path);
}

/** What happens to the file at a path: its own change, or that a folder above it goes. */
const changeOf = (files: readonly FileChange[], path: string): FileChange | undefined =>
  files.find((file) => file.path === path) ??
  files.find(({ path: above, content, link }) => !content && !link && path.startsWith(`${above}/`));

/** Size and digest of what changed; undefined when the manifest does not list it, or there is none. */
async function manifestChange(
  host: Host,
  image: Image,
  files: readonly FileChange[],
): Promise<FileChange | undefined> {
  const own = files.find(({ path }) => path === manifestPath);
  if (own !== undefined || !files.some(({ path }) => path.startsWith('bos/system/'))) return undefined;
  const entry = await image.iso.stat(manifestPath);
  if (entry?.type !== 'file') return undefined;
  const dcp = files.find(({ path, content }) => content && /^bos\/system\/dcp\/[^/]+\/dcp$/.test(path));
  const old = Buffer.from(await image.iso.readFile(manifestPath, listLimit)).toString('utf8');
  // Parsing it takes a library that is slow to load.
  if (dcp === undefined && !files.some(({ path }) => old.includes(`"${path}`))) return undefined;
  const { parseManifest, renderManifest } = await import('../../media/manifest.ts');
  const manifest = parseManifest(old, `/${manifestPath}`);
  const listed: typeof manifest.files = [];
  for (const file of manifest.files) {
    const change = changeOf(files, file.path);
    if (change === undefined) listed.push(file);
    else if (change.content !== undefined) listed.push(await manifestRow(host, file.path, change.content));
  }
  if (dcp?.content !== undefined && !listed.some(({ path }) => path === dcp.path))
    listed.push(await manifestRow(host, dcp.path, dcp.content));
  const version = dcp === undefined ? manifest.dcp : (dcp.path.split('/')[3] ?? null);
  const kept = listed.filter(
    ({ path }) => dcp === undefined || !path.startsWith('bos/system/dcp/') || path === dcp.path,
  );
  const text = renderManifest({ ...manifest, dcp: version, files: kept });
  return text === old
    ? undefined
    : { path: manifestPath, content: { kind: 'bytes', bytes: Buffer.from(text) } };
}

async function manifestRow(host: Host, path: string, content: Content) {
  const size = content.kind === 'bytes' ? content.bytes.length : content.size;
  return { path, size, sha256: await digestOf(host, content, 'sha256') };
}

export async function digestOf(host: Host, content: Content, algorithm: string): Promise<string> {
  if (content.kind === 'bytes') {
    const { bytes } = content;
    const read = async (offset: number, length: number) => bytes.subarray(offset, offset + length);
    return digestOfSource({ size: bytes.length, read }, algorithm);
  }
  const file = await host.files.open(content.path, 'r');
  try {
    return await digestOfSource(within(file, content.start ?? 0, content.size), algorithm);
  } finally {
    await file.close();
  }
}

async function digestOfSource(source: ByteSource, algorithm: string): Promise<string> {
  // Loaded when wanted: most changes need no digest, and are to take no longer than they must.
  const { createHash } = await import('node:crypto');
  const hash = createHash(algorithm);
  for (let offset = 0; offset < source.size; offset += pieceSize)
    hash.update(await source.read(offset, pieceSize));
  return hash.digest('hex');
}
