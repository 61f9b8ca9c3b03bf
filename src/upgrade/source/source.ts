/** Where the new version comes from. */
import { join } from 'node:path';
import { refused, usage } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { type ChosenMedium, chooseMedium } from '../../install/medium/choose.ts';
import { requireConsentToMedium } from '../../install/medium/trust.ts';
import { manifestPath } from '../../media/manifest.ts';
import { isRemote, type OpenOptions } from '../../media/open-url.ts';
import { shownUrl } from '../../media/shown-url.ts';
import type { UpgradeRequest } from '../request.ts';

const advice = {
  what: 'the version to upgrade to',
  give: '--public-key (bos.upgrade.public_key)',
  consent: '',
};

export interface Source extends ChosenMedium {
  /** As a person named it, without secrets. */
  readonly shown: string;
}

type SourceRequest = Pick<UpgradeRequest, 'source' | 'publicKey' | 'isoSha256' | 'insecure' | 'dryRun'>;

/**
 * Looks at the source: its manifest, that every file of it is there with its size, and the signature when a key was
 * given. Throws OpsError: (usage) `source-missing`; (refused) `source-not-found`, `medium-unverified`, `medium-arch`,
 * and what reading a medium throws.
 */
export async function openSource(host: Host, request: SourceRequest, options: OpenOptions): Promise<Source> {
  const { source: place, insecure, dryRun, ...keys } = request;
  if (place === undefined)
    throw usage('source-missing', 'No source was given', {
      hint: 'Name a folder, an ISO, a release or an image: opsctl upgrade bos-amd64.iso.',
    });
  const isoUrl = await manifestOfFolder(host, place);
  requireConsentToMedium({ isoUrl, insecure, dryRun, ...keys }, { advice });
  const medium = await chooseMedium(host, { isoUrl, ...keys }, { arch: host.system.arch }, options);
  const { image } = medium;
  const shown = shownUrl(place);
  // What lies beside the image vouches for it no more than its own manifest does, and would have all of it fetched.
  return image === undefined || request.isoSha256 !== undefined
    ? { ...medium, shown }
    : { ...medium, image: { ...image, sha256: null }, shown };
}

/** A folder stands for the manifest in it: the root of a medium, or its folder bos/system. */
async function manifestOfFolder({ files }: Host, place: string): Promise<string> {
  if (isRemote(place) || /^[a-z][a-z0-9+.-]+:/i.test(place)) return place;
  const folder = await files.realPath(place).catch((cause: unknown) => {
    throw refused('source-not-found', `${place} does not exist`, {
      cause,
      hint: 'Name a folder, an ISO, a release or an image.',
    });
  });
  if ((await files.stat(folder))?.type !== 'directory') return place;
  if (folder.endsWith('/bos/system')) return join(folder, 'manifest.json');
  const manifest = join(folder, manifestPath);
  if (await files.exists(manifest)) return manifest;
  throw refused('source-not-found', `${place} does not have a Bhojpur OS`, {
    details: [`${manifest} is missing`],
    hint: 'Name the root of a medium, or its folder bos/system.',
  });
}
