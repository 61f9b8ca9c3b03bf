/**
 * Records of files and folders that are added to a tree. What Rock Ridge tells of them (mode, owner, times) follows
 * the folder they come to lie in, so that the same edit gives the same bytes.
 */
import { usage } from '../../../errors.ts';
import type { ByteRange } from '../../byte-range.ts';
import type { TreeSource } from '../folders.ts';
import { encodeRecord, plainName, systemUseOf } from '../record.ts';
import { encodeRockRidge, type NewAttributes } from '../rock-ridge.ts';
import { fieldsOf, type UseField } from '../susp.ts';
import type { Identifiers } from './identifiers.ts';

/** A size field holds 32 bits; the parts of a larger file are of whole blocks (9.1.6). */
export const largestPart = 2 ** 32 - 2048;

export interface NewEntry {
  readonly name: string;
  readonly directory: boolean;
  /** One, or the parts of a file of 4 GiB and up. */
  readonly extents: readonly ByteRange[];
  /** What a symbolic link says; only Rock Ridge has them. */
  readonly target?: string;
  readonly executable?: boolean;
}

/** The `.` of a folder: new entries have its date, and what Rock Ridge says of it. */
export interface SelfRecord {
  readonly bytes: Uint8Array;
  readonly isRoot: boolean;
}

const fileMode = 0o100444;
const executableMode = 0o100555;
const directoryMode = 0o040555;
const linkMode = 0o120777;

/**
 * The records of a new entry in the folder of `self`; `taken` says which identifiers are there. Throws OpsError
 * `iso-name` (usage) for a name that does not fit.
 */
export function newRecords(
  tree: TreeSource,
  entry: NewEntry,
  self: SelfRecord,
  taken: Identifiers,
): Uint8Array[] {
  const { name, directory, extents, target } = entry;
  const attributes = {
    ...{ mode: modeOf(entry), links: directory ? 2 : 1, name },
    ...(target === undefined ? {} : { target }),
  };
  const common = {
    identifier: shownAs(tree, name, newIdentifier(tree, entry, taken)),
    directory,
    like: self.bytes,
    systemUse: systemUseLike(tree, self, attributes),
  };
  return extents.map((extent, index) =>
    encodeRecord({ ...common, extent, continues: index < extents.length - 1 }, tree.volume.form.origin, name),
  );
}

/** `.` and `..` of a new folder (6.8.2.2), which say where they lie when that is known. */
export function selfRecords(tree: TreeSource, self: SelfRecord, nowhere: ByteRange): Uint8Array[] {
  const systemUse = systemUseLike(tree, self, { mode: directoryMode, links: 2 });
  const common = { extent: nowhere, directory: true, continues: false, like: self.bytes, systemUse };
  return [0, 1].map((byte) =>
    encodeRecord({ ...common, identifier: Uint8Array.of(byte) }, tree.volume.form.origin, '.'),
  );
}

/** The fields of Rock Ridge in a record that is in the image or was made here. */
export function useFields({ susp }: TreeSource, { bytes, isRoot }: SelfRecord): UseField[] {
  if (susp === undefined) return [];
  return fieldsOf(systemUseOf(bytes, isRoot ? susp.rootSkip : susp.skip));
}

/** Another system's bytes come first where a tree has such (SUSP 5.3), as the folder has them when it has as many. */
function systemUseLike(tree: TreeSource, self: SelfRecord, attributes: NewAttributes): Uint8Array {
  const { susp } = tree;
  if (susp === undefined) return new Uint8Array();
  const other = new Uint8Array(susp.skip);
  if (!self.isRoot || susp.rootSkip === susp.skip) other.set(systemUseOf(self.bytes).subarray(0, susp.skip));
  return Buffer.concat([other, encodeRockRidge(useFields(tree, self), attributes)]);
}

function modeOf({ directory, target, executable = false }: NewEntry): number {
  if (target !== undefined) return linkMode;
  if (directory) return directoryMode;
  return executable ? executableMode : fileMode;
}

/** Without Rock Ridge the identifier is all that a system shows. Throws `iso-name` (usage) for one that is not the name. */
function shownAs({ susp, volume }: TreeSource, name: string, identifier: Uint8Array): Uint8Array {
  if (susp !== undefined || volume.kind !== 'iso9660' || plainName(identifier) === name) return identifier;
  throw usage('iso-name', `The name ${name} needs Rock Ridge, which the image does not have`, {
    hint: 'Use lower case, digits and _ in at most 30 letters, or --method rebuild, which adds Rock Ridge.',
  });
}

/** Joliet: UCS-2 of at most 64 letters. Else letters, digits and `_`, at most 30, with one dot (7.5, level 2 and up). */
function newIdentifier(
  { volume }: TreeSource,
  { name, directory }: NewEntry,
  taken: Identifiers,
): Uint8Array {
  if (volume.form.code === 'ucs2') {
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
  const found = taken.free((number) => {
    const mark = number === 0 ? '' : `_${number}`;
    const short = stem.slice(0, 27 - extension.length - mark.length) + mark;
    return Buffer.from(directory ? short : `${short}.${extension};1`, 'latin1');
  });
  if (found !== undefined) return found;
  throw usage('iso-name', `Too many names like ${name} in one folder of the image`);
}
