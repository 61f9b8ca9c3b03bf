/** What comes before the consent to an overlay: everything is looked at, checked, then planned; the target is not touched. */
import { refused, usage } from '../../errors.ts';
import { sha256Of } from '../../host/digest.ts';
import type { Host } from '../../host/ports.ts';
import { requireRoot } from '../check/check.ts';
import { checkedConfig } from '../check/checked-config.ts';
import type { FetchOptions } from '../check/fetch-config.ts';
import { requirePrograms } from '../check/programs.ts';
import type { InstallRequest } from '../request.ts';
import type { ApprovedPlan } from '../run.ts';
import { checkOverlay, overlayNotes } from './check.ts';
import type { OverlayFacts } from './facts.ts';
import { type OpenedImage, openTarget } from './image-file.ts';
import { lookAtFolder, lookAtImage, requireBootFolder } from './look.ts';
import { planOverlay } from './plan.ts';
import { unpackTarball } from './tarball.ts';

export interface OverlayRequest extends InstallRequest {
  /** A folder or an image. */
  readonly overlay: string;
  /** The rootfs tarball, a path. */
  readonly tarball: string | undefined;
  readonly output: string | undefined;
  readonly boot: string | undefined;
  readonly commandLine: string | undefined;
}

export interface PreparedOverlay extends ApprovedPlan {
  readonly facts: OverlayFacts;
  readonly notes: readonly string[];
}

/**
 * `work` is an empty folder. Throws usage errors and refusals: `overlay-…`, `tarball-…`, those of the configuration and
 * of reading an image.
 */
export async function prepareOverlay(
  host: Host,
  request: OverlayRequest,
  work: string,
  options: FetchOptions = {},
): Promise<PreparedOverlay> {
  refuseMeaningless(request);
  if (request.tarball === undefined)
    throw usage('overlay-tarball', 'An overlay needs the rootfs tarball to install from', {
      hint: 'Name it: `opsctl install --overlay ROOT bos-rootfs-arm64.tar.gz`.',
    });
  await requireBootFolder(host, request.boot);
  const opened = await openTarget(host, request, work);
  if (opened.kind === 'folder') requireRoot(host);
  const facts = await look(host, request, opened);
  const tarball = await unpackTarball(host, request.tarball, work, request.isoSha256);
  checkOverlay(facts, tarball);
  const config = await checkedConfig(host, request, options);
  const plan = planOverlay({
    facts,
    tarball: { ...tarball },
    config: { size: config.bytes.length, sha256: sha256Of(config.bytes) },
    ...(opened.kind === 'folder' ? {} : { image: opened.output }),
  });
  await requirePrograms(host, plan.steps);
  return { plan, checked: { manifest: tarball.manifest, config }, facts, notes: overlayNotes(facts) };
}

async function look(
  host: Host,
  request: OverlayRequest,
  opened: { readonly kind: 'folder'; readonly path: string } | OpenedImage,
): Promise<OverlayFacts> {
  if (opened.kind === 'folder') return lookAtFolder(host, opened.path, request);
  const disk = await host.files.open(opened.output.from, 'r');
  try {
    return await lookAtImage(disk, request.overlay, request);
  } finally {
    await disk.close();
  }
}

/** What only makes sense for a disk is refused, never ignored. */
function refuseMeaningless(request: OverlayRequest): void {
  const meaningless: readonly (readonly [boolean, string])[] = [
    [request.varDevice !== undefined, '--var-device'],
    [request.forceEfi, '--force-efi'],
    [request.noFormat, '--no-format'],
    [request.publicKey !== undefined, '--public-key'],
    [request.wipe, '--wipe'],
  ];
  const flag = meaningless.find(([given]) => given)?.[1];
  if (flag !== undefined)
    throw usage('overlay-flags', `${flag} has no effect on an overlay, which keeps what is there`, {
      hint: 'Leave it out.',
    });
  if (request.after !== 'stay')
    throw refused('overlay-flags', 'An overlay does not restart this machine', {
      hint: 'Leave --poweroff out.',
    });
}
