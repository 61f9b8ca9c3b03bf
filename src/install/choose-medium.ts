/** What is installed from: the ISO that was asked for, else the medium that this system was started from. */
import type { MachineFacts } from '../disk/facts.ts';
import { refused } from '../errors.ts';
import type { Host } from '../host/ports.ts';
import type { ImageOptions } from '../media/image.ts';
import { type Manifest, manifestPath } from '../media/manifest.ts';
import { requireSignature } from '../media/signature.ts';
import { lookAtImage, type PlannedImage } from './image.ts';
import { readMedium } from './medium.ts';
import { names } from './plan-input.ts';
import type { InstallRequest } from './request.ts';

export interface ChosenMedium {
  /** The root of the medium; empty when there is an image instead. */
  readonly mediumRoot: string;
  readonly image?: PlannedImage;
  readonly manifest: Manifest;
  readonly manifestText: string;
}

/**
 * Reads the manifest, compares what it lists with what is there, and its signature when a key was given. Throws
 * `medium-missing`, `medium-arch` (refused), and what each of these does.
 */
export async function chooseMedium(
  host: Host,
  request: InstallRequest,
  facts: MachineFacts,
  options: ImageOptions,
): Promise<ChosenMedium> {
  const { signature, ...medium } = await readChosen(host, request, facts, options);
  const { manifest, manifestText } = medium;
  if (request.publicKey !== undefined)
    requireSignature(Buffer.from(manifestText, 'utf8'), signature, request.publicKey, manifestPath);
  requireArch(manifest, facts);
  return medium;
}

export function requireArch({ arch }: Manifest, facts: Pick<MachineFacts, 'arch'>): void {
  if (arch === facts.arch) return;
  throw refused('medium-arch', `The medium is for ${arch}, this machine is ${facts.arch}`);
}

async function readChosen(
  host: Host,
  request: InstallRequest,
  facts: MachineFacts,
  options: ImageOptions,
): Promise<ChosenMedium & { readonly signature: string | undefined }> {
  if (request.isoUrl !== undefined) {
    const { planned, ...looked } = await lookAtImage(host, request.isoUrl, names.image, request, options);
    return { mediumRoot: '', image: planned, ...looked };
  }
  if (facts.mediumRoot === undefined) {
    throw refused('medium-missing', 'The medium that this system was started from is not there', {
      hint: 'Leave the ISO or the stick in the machine while installing.',
    });
  }
  const { manifest, text, signature } = await readMedium(host, facts.mediumRoot);
  return { mediumRoot: facts.mediumRoot, manifest, manifestText: text, signature };
}
