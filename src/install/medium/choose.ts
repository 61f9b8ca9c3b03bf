/** What is installed from: the ISO that was asked for, else the medium that this system was started from. */
import type { MachineFacts } from '../../disk/facts.ts';
import { refused, usage } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { localPath } from '../../media/image.ts';
import { type Manifest, manifestPath, requireWhole } from '../../media/manifest.ts';
import { isOciMedium, type OciOptions, readOciMedium } from '../../media/oci/medium.ts';
import { isRemote, type OpenOptions } from '../../media/open-url.ts';
import { isRelease, readRelease } from '../../media/release.ts';
import { requireSignature, signatureText } from '../../media/signature.ts';
import { isOciPlace } from '../../oci/reference.ts';
import { planRefs } from '../plan-input.ts';
import type { InstallRequest } from '../request.ts';
import { lookAtImage, type PlannedImage, plannedOf } from './iso.ts';
import { readMedium } from './live.ts';
import { unverifiedScheme } from './trust.ts';

/** What of a request says which medium is meant, and what must be true of it. */
export type MediumChoice = Pick<InstallRequest, 'isoUrl' | 'isoSha256' | 'publicKey'>;

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
  request: MediumChoice,
  facts: Pick<MachineFacts, 'arch' | 'mediumRoot'>,
  options: OpenOptions,
): Promise<ChosenMedium> {
  const { signature, ...medium } = await readChosen(host, request, facts, options);
  const { manifest, manifestText } = medium;
  if (request.publicKey !== undefined) {
    const signed = Buffer.from(manifestText, 'utf8');
    const comment = requireSignature(signed, signature, request.publicKey, manifestPath);
    options.say?.(signatureText(comment, manifestPath));
  }
  requireArch(manifest, facts);
  const { image } = medium;
  return image === undefined || unverifiedScheme(request) === undefined
    ? medium
    : { ...medium, image: { ...image, unverified: true } };
}

export function requireArch({ arch }: Manifest, facts: Pick<MachineFacts, 'arch'>): void {
  if (arch === facts.arch) return;
  throw refused('medium-arch', `The medium is for ${arch}, but this machine is ${facts.arch}`, {
    hint: `Use the one for ${facts.arch}: bos-${facts.arch}.iso.`,
  });
}

async function readChosen(
  host: Host,
  request: MediumChoice,
  facts: Pick<MachineFacts, 'arch' | 'mediumRoot'>,
  options: OpenOptions,
): Promise<ChosenMedium & { readonly signature: string | undefined }> {
  if (request.isoUrl !== undefined && isOciMedium(request.isoUrl))
    return readOci(host, request.isoUrl, request, { ...options, arch: facts.arch });
  if (request.isoUrl !== undefined && isRelease(request.isoUrl))
    return readAnyRelease(host, request.isoUrl, request, options);
  if (request.isoUrl !== undefined) {
    const { planned, ...looked } = await lookAtImage(host, request.isoUrl, planRefs.image, request, options);
    return { mediumRoot: '', image: planned, ...looked };
  }
  if (facts.mediumRoot === undefined) {
    throw refused('medium-missing', 'The medium that this system was started from is missing', {
      hint: 'Leave the ISO or the stick in the machine while installing.',
    });
  }
  const { manifest, text, signature } = await readMedium(host, facts.mediumRoot);
  return { mediumRoot: facts.mediumRoot, manifest, manifestText: text, signature };
}

/** The SHA-256 of an archive is one of a file; what names an image in a registry is a digest in its reference. */
async function readOci(
  host: Host,
  place: string,
  { isoSha256 }: MediumChoice,
  options: OciOptions,
): Promise<ChosenMedium & { readonly signature: string | undefined }> {
  if (isoSha256 !== undefined && isOciPlace(place))
    throw usage('sha256-of-oci', 'A SHA-256 is for an ISO, but an OCI image was named', {
      hint: `Name the image by its digest: ${place.replace(/@.*/, '')}@sha256:….`,
    });
  const found = await readOciMedium(host, place, planRefs.image, options);
  const { manifest, manifestText, signature } = found;
  return { mediumRoot: '', image: plannedOf(found, isoSha256 ?? null), manifest, manifestText, signature };
}

/** A release on a server is an image of many files; one in a folder of this machine is read as any medium. */
async function readAnyRelease(
  host: Host,
  manifestUrl: string,
  { isoSha256 }: MediumChoice,
  options: OpenOptions,
): Promise<ChosenMedium & { readonly signature: string | undefined }> {
  if (isoSha256 !== undefined)
    throw usage('sha256-of-release', 'A SHA-256 is for an ISO, but the manifest of a release was named', {
      hint: 'The manifest has the digest of each file: sign it, and give the public key.',
    });
  if (isRemote(manifestUrl)) {
    const found = await readRelease(host, manifestUrl, planRefs.image, options);
    const { manifest, manifestText, signature } = found;
    return { mediumRoot: '', image: plannedOf(found, null), manifest, manifestText, signature };
  }
  const mediumRoot = localPath(manifestUrl).slice(0, -manifestPath.length - 1);
  const { manifest, text, signature } = await readMedium(host, mediumRoot);
  requireWhole(manifest, manifestUrl);
  return { mediumRoot, manifest, manifestText: text, signature };
}
