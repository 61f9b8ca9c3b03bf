/**
 * Records of files and folders that are added to a tree. What Rock Ridge tells of them (mode, owner, times) follows
 * the folder they come to lie in, so that the same edit gives the same bytes.
 */
import { usage } from '../../errors.ts';
import { directoryFlag, type Extent, multiExtentFlag, setBoth32, systemUse, useEntries } from './record.ts';
import type { Volume } from './volume.ts';

/** A size field holds 32 bits; the parts of a larger file are of whole blocks (9.1.6). */
export const largestPart = 2 ** 32 - 2048;

export interface NewEntry {
  readonly name: string;
  readonly directory: boolean;
  /** One, or the parts of a file of 4 GiB and up. */
  readonly extents: readonly Extent[];
  /** What a symbolic link says; only Rock Ridge has them. */
  readonly target?: string;
  readonly executable?: boolean;
}

const fileMode = 0o100444;
const executableMode = 0o100555;
const directoryMode = 0o040555;
const linkMode = 0o120777;

/**
 * The records of a new entry: `self` is the `.` of the folder it goes to (its date and the fields of Rock Ridge are
 * followed), `taken` says which identifiers are there. Throws OpsError `iso-name` (usage) for a name that does not fit.
 */
export async function newRecords(
  volume: Volume,
  entry: NewEntry,
  self: Uint8Array,
  taken: (identifier: Uint8Array) => boolean,
): Promise<Uint8Array[]> {
  const identifier = identifierOf(volume, entry, taken);
  const use = volume.naming === 'rock-ridge' ? await rockRidgeOf(volume, self, entry) : [];
  return entry.extents.map((extent, index) => {
    const flags =
      (entry.directory ? directoryFlag : 0) | (index < entry.extents.length - 1 ? multiExtentFlag : 0);
    return encodeRecord(identifier, extent, flags, self, use, entry.name);
  });
}

/** `.` and `..` of a new folder (6.8.2.2). */
export async function selfRecords(
  volume: Volume,
  self: Uint8Array,
  own: Extent,
  parent: Extent,
): Promise<Uint8Array[]> {
  const use = volume.naming === 'rock-ridge' ? await rockRidgeOf(volume, self, { directory: true }) : [];
  return [
    encodeRecord(Uint8Array.of(0), own, directoryFlag, self, use, '.'),
    encodeRecord(Uint8Array.of(1), parent, directoryFlag, self, use, '..'),
  ];
}

function encodeRecord(
  identifier: Uint8Array,
  extent: Extent,
  flags: number,
  self: Uint8Array,
  use: readonly Uint8Array[],
  name: string,
): Uint8Array {
  const start = 33 + identifier.length + (identifier.length % 2 === 0 ? 1 : 0);
  const useLength = use.reduce((sum, { length }) => sum + length, 0);
  const length = start + useLength + ((start + useLength) % 2);
  if (length > 255)
    throw usage('iso-name', `The name ${name} is too long to be added in place`, {
      hint: 'Use a name of at most 100 bytes, or --method rebuild.',
    });
  const bytes = new Uint8Array(length);
  bytes[0] = length;
  setBoth32(bytes, 2, extent.block);
  setBoth32(bytes, 10, extent.size);
  bytes.set(self.subarray(18, 25), 18);
  bytes[25] = flags;
  // Volume sequence number 1 in both byte orders (9.1.9)
  bytes.set([1, 0, 0, 1], 28);
  bytes[32] = identifier.length;
  bytes.set(identifier, 33);
  let at = start;
  for (const field of use) {
    bytes.set(field, at);
    at += field.length;
  }
  return bytes;
}

/** PX and TF as the folder has them, and NM (RRIP 1.12, 4.1.1, 4.1.6, 4.1.4). */
async function rockRidgeOf(
  volume: Volume,
  self: Uint8Array,
  {
    directory,
    name,
    target,
    executable = false,
  }: Omit<NewEntry, 'name' | 'extents'> & { readonly name?: string },
): Promise<Uint8Array[]> {
  const modeOf = () => {
    if (target !== undefined) return linkMode;
    return directory ? directoryMode : executable ? executableMode : fileMode;
  };
  const fields: Uint8Array[] = [];
  const use = systemUse(self).subarray(volume.skip === 0 ? 0 : volume.skip);
  for await (const { signature, field } of useEntries(use, async () => new Uint8Array())) {
    if (signature === 'PX') {
      const px = Uint8Array.from(field);
      setBoth32(px, 4, modeOf());
      setBoth32(px, 12, directory ? 2 : 1);
      // The serial number of a file, there since RRIP 1.12: none that another file has.
      if (px.length >= 44) setBoth32(px, 36, 0);
      fields.push(px);
    } else if (signature === 'TF') fields.push(Uint8Array.from(field));
  }
  if (name === undefined) return fields;
  const text = Buffer.from(name, 'utf8');
  if (target !== undefined) fields.push(linkField(target));
  return [...fields, Buffer.concat([Buffer.from([0x4e, 0x4d, 5 + text.length, 1, 0]), text])];
}

/** SL (RRIP 1.12, 4.1.3): a component for each part of a relative path without `.` and `..`. */
function linkField(target: string): Uint8Array {
  const parts = target.split('/').map((part) => Buffer.from(part, 'utf8'));
  const components = Buffer.concat(parts.flatMap((part) => [Buffer.from([0, part.length]), part]));
  return Buffer.concat([Buffer.from([0x53, 0x4c, 5 + components.length, 1, 0]), components]);
}

/** Joliet: UCS-2 of at most 64 letters. Else letters, digits and `_`, at most 30, with one dot (7.5, level 2 and up). */
function identifierOf(
  { naming }: Volume,
  { name, directory }: NewEntry,
  taken: (identifier: Uint8Array) => boolean,
): Uint8Array {
  if (naming === 'joliet') {
    if (name.length > 64 || /[*/:;?\\]/.test(name))
      throw usage('iso-name', `The name ${name} does not fit into the Joliet tree of the image`, {
        hint: 'Use a name of at most 64 letters without * / : ; ? and backslashes.',
      });
    return Buffer.from(directory ? name : `${name};1`, 'utf16le').swap16();
  }
  if (name === '' || Buffer.byteLength(name) > 190)
    throw usage('iso-name', `The name ${name} does not fit into the image`);
  const plain = (text: string) => text.toUpperCase().replaceAll(/[^A-Z0-9_]/g, '_');
  const dot = directory ? -1 : name.lastIndexOf('.');
  const extension = dot < 0 ? '' : plain(name.slice(dot + 1)).slice(0, 8);
  const stem = plain(dot < 0 ? name : name.slice(0, dot));
  for (let number = 0; number < 10_000; number += 1) {
    const mark = number === 0 ? '' : `_${number}`;
    const short = stem.slice(0, 27 - extension.length - mark.length) + mark;
    const found = Buffer.from(directory ? short : `${short}.${extension};1`, 'latin1');
    if (!taken(found)) return found;
  }
  throw usage('iso-name', `Too many names like ${name} in one folder of the image`);
}
