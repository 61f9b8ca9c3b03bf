/** Unpacks the compressed contents of write_files, which parsing leaves alone, to find out whether they can be. */
import { messageOf } from '../../errors.ts';
import type { Layer, ObjectValue } from '../config.ts';
import type { Diagnostic } from '../diagnostics.ts';
import { decodeContent } from './file-content.ts';

/** One fault for each content that the boot could not unpack, at the place of the key. */
export async function packedContentFaults(layer: Layer): Promise<Diagnostic[]> {
  const entry = layer.entries.get('write_files');
  if (entry === undefined || entry.value === null) return [];
  const faults: Diagnostic[] = [];
  for (const [index, file] of (entry.value as readonly ObjectValue[]).entries()) {
    const { content = '', encoding = '', path = '' } = file as Record<string, string | Uint8Array>;
    if (typeof encoding !== 'string' || !encoding.includes('gz')) continue;
    const problem = await decodeContent(content, encoding).then(() => undefined, messageOf);
    if (problem === undefined) continue;
    const key = `write_files[${index}].content`;
    faults.push({ severity: 'error', place: entry.place, key, message: `${problem} (${String(path)})` });
  }
  return faults;
}
