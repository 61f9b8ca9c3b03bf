/**
 * Snapshots of test files that share a process. AVA would look for them under the name of the group; this reads them
 * where AVA keeps them for the file alone, by AVA's own reader, which is no part of its interface: package.json pins it.
 * They are compared, never written.
 */
import { fileURLToPath } from 'node:url';

/** As much of AVA's lib/snapshot-manager.js as is used here. */
interface SnapshotManager {
  compare(asked: { readonly belongsTo: string; readonly index: number; readonly expected: unknown }): {
    readonly pass: boolean;
  };
}
interface SnapshotLibrary {
  load(where: {
    readonly file: string;
    readonly projectDir: string;
    readonly recordNewSnapshots: boolean;
    readonly updating: boolean;
  }): SnapshotManager;
}

const root = new URL('../../../', import.meta.url);
const { load }: SnapshotLibrary = await import(
  new URL('node_modules/ava/lib/snapshot-manager.js', root).href
);

/**
 * Gives, for a test file relative to the root, what begins a test: it takes the title and gives `t.snapshot` of that
 * test, which says whether a value is what the next snapshot holds.
 */
export function snapshotsOf(file: string): (title: string) => (value: unknown) => boolean {
  const where = { file: fileURLToPath(new URL(file, root)), projectDir: fileURLToPath(root) };
  let manager: SnapshotManager | undefined;
  return (title) => {
    let index = 0;
    return (expected) => {
      manager ??= load({ ...where, recordNewSnapshots: false, updating: false });
      return manager.compare({ belongsTo: title, index: index++, expected }).pass;
    };
  };
}
