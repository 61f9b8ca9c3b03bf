/** Bhojpur DCP on a medium: the executable in a folder of its version, and the link that names the current one. */
import { usage } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import type { Image } from '../image.ts';
import { digestOf } from './digest-lists.ts';
import { fileChange } from './local-file.ts';
import type { FileChange } from './patch-plan.ts';

const folder = 'bos/system/dcp';

/** Named by its content, as the build does it. Throws OpsError `dcp-invalid` (usage), `iso-not-bhojpur` (refused). */
export async function dcpFiles(host: Host, image: Image, source: string): Promise<FileChange[]> {
  const change = await fileChange(host, source, folder);
  if (change.content === undefined || (change.content.kind === 'bytes' && change.content.bytes.length === 0))
    throw usage('dcp-invalid', `--dcp: ${source} is empty`);
  const version = `sha256-${(await digestOf(host, change.content, 'sha256')).slice(0, 12)}`;
  const path = `${folder}/${version}/dcp`;
  const changes: FileChange[] = [
    { path, content: change.content, executable: true },
    { path: `${folder}/current`, link: version },
  ];
  const old = await image.iso.stat(`${folder}/current/dcp`);
  if (old !== undefined && old.path !== path) changes.unshift({ path: old.path.replace(/\/dcp$/, '') });
  return changes;
}
