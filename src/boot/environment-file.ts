/**
 * An environment block as a file on a mounted file system, changed in place: GRUB reads the sector where it always
 * was, and a power cut leaves the old text or the new one. A rename would not do: GRUB does not replay the journal of
 * ext4, and may read the old folder.
 */
import { OpsError, refused } from '../errors.ts';
import {
  environmentSize,
  parseEnvironmentBlock,
  renderEnvironmentBlock,
  sectorBudget,
} from '../formats/boot-config/grubenv.ts';
import type { Files } from '../host/ports.ts';

/** Variables to set; undefined takes one away. Those that are not named stay. */
export type EnvironmentChanges = Readonly<Record<string, string | undefined>>;

/** The variables in the block at `path`. Throws `environment-invalid` (refused) when it is none. */
export async function readEnvironmentFile(files: Files, path: string): Promise<Map<string, string>> {
  return parseEnvironmentBlock(await files.read(path));
}

/** The block with the changes; throws what the format throws: `environment-invalid`, `environment-too-large`. */
export function changedBlock(block: Uint8Array, changes: EnvironmentChanges): Uint8Array {
  if (block.length !== environmentSize)
    throw refused(
      'environment-invalid',
      `A GRUB environment block has ${environmentSize} bytes, but this one has ${block.length}`,
    );
  const variables = parseEnvironmentBlock(block);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) variables.delete(name);
    else variables.set(name, value);
  }
  return renderEnvironmentBlock(variables);
}

/**
 * Changes the block at `path` in place: one sector that says it, flushed and read back from the disk. Throws what
 * `changedBlock` does, and `read-back` (broken).
 */
export async function changeEnvironmentFile(
  files: Files,
  path: string,
  changes: EnvironmentChanges,
): Promise<void> {
  const file = await files.open(path, 'r+');
  try {
    const old = await file.read(0, environmentSize + 1);
    const block = changedBlock(old, changes);
    await file.write(0, block.subarray(0, sectorBudget));
    await file.sync();
    // What a longer text has left there, which the line of `#` before it nearly hides.
    const rest = block.subarray(sectorBudget);
    if (Buffer.compare(old.subarray(sectorBudget), rest) !== 0) {
      await file.write(sectorBudget, rest);
      await file.sync();
    }
    await file.dropCache();
    if (Buffer.compare(await file.read(0, environmentSize), block) !== 0)
      throw new OpsError('broken', 'read-back', `${path} does not hold what was written`, {
        hint: 'The disk or its cable is faulty: look at the kernel messages (dmesg).',
      });
  } finally {
    await file.close();
  }
}
