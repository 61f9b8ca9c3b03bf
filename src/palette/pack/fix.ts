/** Mends what is mechanical in a pack's texts, and writes them. */
import type { Host } from '../../host/ports.ts';
import { edited } from '../edits.ts';
import { readPackFolder } from './read-folder.ts';
import { type Finding, type Validation, validatePack } from './validate.ts';

/** Mending one fault can show the next: a text that was no YAML is looked into for the first time. */
const mostRounds = 6;

export interface Fixed extends Validation {
  /** What was mended, with its places before. */
  readonly fixed: readonly Finding[];
}

/**
 * Each text is written as a whole, beside itself first, and only if it has fewer faults then. Throws what reading and
 * writing do.
 */
export async function fixPack({ files }: Host, folder: string, place: string): Promise<Fixed> {
  const fixed: Finding[] = [];
  let content = await readPackFolder(files, folder, place);
  let validation = validatePack(content);
  for (let round = 0; round < mostRounds; round++) {
    const mendable = validation.findings.filter(({ edits }) => edits.length > 0);
    if (mendable.length === 0) break;
    const contents = new Map(content.contents);
    const changed = new Set(mendable.map(({ file }) => file));
    for (const file of changed) {
      const before = Buffer.from(contents.get(file) ?? []).toString('utf8');
      const edits = mendable.flatMap((finding) => (finding.file === file ? finding.edits : []));
      contents.set(file, Buffer.from(edited(before, edits)));
    }
    const after = validatePack({ ...content, contents });
    if (!isBetter(after, validation)) break;
    for (const file of changed) {
      const path = `${folder}/${file}`;
      const mode = (await files.stat(path))?.mode ?? 0o644;
      await files.writeAtomic(path, contents.get(file) ?? '', { mode });
    }
    fixed.push(...mendable);
    content = { ...content, contents };
    validation = after;
  }
  return { ...validation, fixed };
}

/** What was mended is gone; what could not be seen before may have come. */
function isBetter(after: Validation, before: Validation): boolean {
  const key = ({ file, message, place }: Finding) => `${file} ${place.line} ${message}`;
  const left = new Set(after.findings.map(key));
  return before.findings.some((finding) => finding.edits.length > 0 && !left.has(key(finding)));
}
