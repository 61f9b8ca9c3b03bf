/**
 * The files that ask the first boot of a copied image for something; whoever makes one puts them there. Each is removed
 * when it is done.
 */
import { join } from 'node:path';
import { statePath } from '../../boot/installed-environment.ts';
import { growMarkerPath, identityMarkerPath } from '../../disk/layout/layout.ts';
import type { Host } from '../../host/ports.ts';

/** The state partition is to grow to the end of its disk. What is in it is of no importance. */
export const growMarker = `${statePath}/${growMarkerPath}`;
/** The disk is to get ids of its own: empty, or those that were drawn. */
export const identityMarker = `${statePath}/${identityMarkerPath}`;

export const wantsToGrow = (host: Host, root: string): Promise<boolean> =>
  host.files.exists(join(root, growMarker));

export const wantsIdentity = (host: Host, root: string): Promise<boolean> =>
  host.files.exists(join(root, identityMarker));
