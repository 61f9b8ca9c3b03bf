/**
 * The file that asks for the state partition to be grown. Whoever makes an image that is copied to larger disks puts
 * it there. What is in it is of no importance.
 */
import { join } from 'node:path';
import { growMarkerPath } from '../../disk/layout/layout.ts';
import type { Host } from '../../host/ports.ts';
import { statePath } from './state-mount.ts';

export const growMarker = `${statePath}/${growMarkerPath}`;

export const wantsToGrow = (host: Host, root: string): Promise<boolean> =>
  host.files.exists(join(root, growMarker));
