/**
 * The ISO of a site: user-data and meta-data of NoCloud on a volume called cidata, which the installer reads beside its
 * own (librarium, clusters/edge/site-deployment/site-installation/site-user-data.md), and so does cloud-init.
 * https://docs.cloud-init.io/en/latest/reference/datasources/nocloud.html
 */
import { fromBytes } from '../../../formats/bytes.ts';
import { emptyImage } from '../../../formats/iso9660/edit/empty-image.ts';
import { checkPatched } from '../../../iso/edit/check-patch.ts';
import { overlaid } from '../../../iso/edit/overlay.ts';
import { type Edits, inRoom } from '../../../iso/edit/patch-plan.ts';
import { openImage } from '../../../iso/image.ts';
import { finalPieces } from '../../../iso/pieces.ts';

export const siteLabel = 'cidata';

export interface SiteFiles {
  readonly 'user-data': Uint8Array;
  readonly 'meta-data': Uint8Array;
}

const sectorSize = 2048;
/** What drives read ahead behind the last file, as mkisofs has it: 150 sectors. */
const padding = 150 * sectorSize;

/** The image, the same for the same files and date (seconds since 1970), looked at by the reader. */
export async function siteIso(files: SiteFiles, date: number): Promise<Uint8Array> {
  const changes = Object.entries(files).map(([path, bytes]) => ({
    path,
    content: { kind: 'bytes' as const, bytes },
  }));
  const needed = changes.reduce(
    (sum, { content }) => sum + Math.max(1, Math.ceil(content.bytes.length / sectorSize)) * sectorSize,
    0,
  );
  const empty = emptyImage({ volumeId: siteLabel, date, room: needed + padding });
  const image = await openImage(fromBytes(empty), 'the new image');
  const edits: Edits = { files: changes };
  const room = { offset: empty.length - needed - padding, length: needed };
  const patch = await inRoom(image, edits, room);
  const noFiles = () => Promise.reject(new Error('all content is in memory'));
  const result = overlaid(image.source, finalPieces(patch), patch.newSize, noFiles);
  await checkPatched(image, result, edits, patch);
  return result.read(0, result.size);
}
