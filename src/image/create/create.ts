/** `opsctl image create`: a bootable disk image straight from an ISO, without root, mounts or a virtual machine. */
import { dirname, join, resolve } from 'node:path';
import { type ArchitectureName, architectures } from '../../architectures.ts';
import type { Diagnostic } from '../../config/diagnostics.ts';
import { minimumDiskSize } from '../../disk/layout/layout.ts';
import { refused, usage } from '../../errors.ts';
import {
  type Compression,
  type ImageFormat,
  imageFormats,
  type NamedFormat,
} from '../../formats/disk-images/formats.ts';
import { sha256Of } from '../../host/digest.ts';
import { requireFolder } from '../../host/output-place.ts';
import type { Host } from '../../host/ports.ts';
import { makeWorkFolder } from '../../host/work-folder.ts';
import { requirePrograms } from '../../install/check/programs.ts';
import { plannedOf } from '../../install/medium/iso.ts';
import { planRefs } from '../../install/plan-input.ts';
import type { Manifest } from '../../media/manifest.ts';
import { withTemporary } from '../../operation/outcome.ts';
import type { Emit } from '../../plan/events.ts';
import { checkPlan, execute } from '../../plan/execute.ts';
import type { Outcome } from '../../plan/outcome.ts';
import type { Plan } from '../../plan/plan.ts';
import { handlers, type Step } from '../../steps/index.ts';
import { chosenSize, cloudFormat, imageName } from '../cloud/choose.ts';
import { imageConfig, requireImageLogin } from '../cloud/cloud-config.ts';
import type { CloudName } from '../cloud/clouds.ts';
import { consolesOf } from '../cloud/consoles.ts';
import { unpackAssets } from './assets.ts';
import { chosenFormat } from './chosen-format.ts';
import { imageIds } from './ids.ts';
import { mediumAt } from './medium-at.ts';
import { besidePaths, isConverted, outputPaths } from './output.ts';
import { planImage } from './plan.ts';

export interface ImageRequest {
  /** An ISO (a path or a URL) or an OCI image (`oci:…`, `oci-archive:…`). */
  readonly from: string;
  /** Needed without a cloud, which gives a name of its own. */
  readonly output?: string;
  /** What decides where nothing else is said. */
  readonly cloud?: CloudName;
  /** Bytes; the smallest that an installation may have when left out. */
  readonly size?: number;
  /** A local file. */
  readonly config?: string;
  readonly append: readonly string[];
  /** An image that nobody can log in to is what is wanted. */
  readonly allowNoLogin: boolean;
  readonly force: boolean;
  /** By the name of the output when left out. */
  readonly format?: ImageFormat;
  /** Of the file as a whole; by the name of the output when both are left out. */
  readonly compress?: Compression;
  /** False: a raw image without its checksum and block map. */
  readonly checksums?: boolean;
}

export interface CreateOptions {
  readonly emit: Emit;
  readonly say?: (line: string) => void;
  readonly signal: AbortSignal;
  /** A dry run: it is given the plan, when all is checked, and nothing is written. */
  readonly show?: (plan: Plan<Step>, handlers: ImageHandlers) => void;
}

export type ImageHandlers = typeof handlers;

export interface CreatedImage {
  readonly output: string;
  /** Bytes. */
  readonly size: number;
  readonly format: ImageFormat;
  readonly version: string;
  readonly warnings: readonly Diagnostic[];
}

/** As a machine shows them that nobody has asked: the screen, and the serial console last, where clouds look. */
const consoles = (arch: ArchitectureName) => ['tty0', architectures[arch].serial];
/** 1 January 2020: of files in an image, which are as old as the image is. */
const fixedTime = 1_577_836_800;

const outcome: Outcome = {
  destroyed: 'No image was written; run the same command again.',
  uncertain: 'The image may have its name, or not; run the same command again.',
  leftBehind: 'Remove by hand what is listed here, then run the same command again.',
  stillInUse: 'The image itself is complete.',
};

/**
 * Nothing that was there is lost: all of it goes into a new file, which is removed on a failure, and which is an image
 * when it has its name.
 */
const ownFile = Object.fromEntries(
  Object.entries(handlers).map(([kind, handler]) => [
    kind,
    { ...handler, destructive: false, completes: kind === 'name-image' },
  ]),
) as unknown as typeof handlers;

/** Where the image is a file of its own, the raw one is in the way at every end. */
const fromRaw: typeof handlers = {
  ...ownFile,
  'create-image': { ...ownFile['create-image'], undo: { ...ownFile['create-image'].undo, kind: 'release' } },
} as typeof handlers;

/**
 * Throws OpsError: (usage) `config-invalid`, `output-missing`, `format-unclear`, `format-not-compressed`, `cloud-format`;
 * (refused) `output-exists`, `no-login`, `disk-too-small`, `cloud-size`,
 * `image-too-small`, `no-room`, `tool-missing`, and what opening an ISO or reading a configuration does; (undone) what failed while it was written.
 */
export async function createImage(
  host: Host,
  request: ImageRequest,
  options: CreateOptions,
): Promise<CreatedImage> {
  const { cloud } = request;
  const chosen = formatOf(request);
  if (request.output !== undefined) await requireFree(host, resolve(request.output), request.force);
  const config = await imageConfig(host, request, options);
  const size = sizeOf(request, chosen);
  const folder = await makeWorkFolder(host, 'image');
  const temporary = {
    what: `${folder}, which holds the configuration`,
    remove: () => host.files.remove(folder),
    cleanupFailed: 'The image itself is complete; remove that folder by hand.',
  };
  return withTemporary(temporary, async () => {
    const configPath = join(folder, 'config.yaml');
    await host.files.write(configPath, config.bytes, { mode: 0o600 });
    const { image, medium } = await mediumAt(host, request.from, options);
    try {
      requireImageLogin(request, config);
      const { manifest, manifestText } = medium;
      const output = await placeOf(host, request, chosen, manifest);
      const digest = sha256Of(config.bytes);
      const plan = planImage({
        ...{ ...chosen, checksums: request.checksums ?? true, output: outputPaths(output), size },
        ...{
          manifest,
          manifestText,
          consoles: cloud === undefined ? consoles(manifest.arch) : consolesOf(cloud, manifest.arch),
        },
        ...{ append: request.append, time: fixedTime, image: plannedOf(medium, null) },
        ids: imageIds([
          manifestText,
          digest,
          `${size}`,
          ...request.append,
          ...(cloud ? [`--cloud ${cloud}`] : []),
        ]),
        config: { size: config.bytes.length, sha256: digest },
        assets: await unpackAssets(host, image, medium, folder),
      });
      await requirePrograms(host, plan.steps);
      await carryOut(host, plan, isConverted(chosen) ? fromRaw : ownFile, options, {
        [planRefs.config]: configPath,
        [planRefs.image]: request.from,
      });
      return { output, size, format: chosen.format, version: manifest.os, warnings: config.warnings };
    } finally {
      await image.close();
    }
  });
}

async function carryOut(
  host: Host,
  plan: Plan<Step>,
  using: ImageHandlers,
  { emit, signal, show }: CreateOptions,
  names: Readonly<Record<string, string>>,
): Promise<void> {
  const running = { host, outcome, emit, signal, names };
  if (show === undefined) return execute<Step>(plan, using, running);
  await checkPlan<Step>(plan, using, running);
  show(plan, using);
}

/** What was said, or what the cloud or the name of the file says. Throws `output-missing` (usage) when none does. */
function formatOf({ output, format, compress, cloud }: ImageRequest): NamedFormat {
  const said = { ...(format && { format }), ...(compress && { compress }) };
  if (cloud !== undefined)
    return cloudFormat(cloud, { ...said, ...(output === undefined ? {} : { output }) });
  if (output !== undefined) return chosenFormat({ ...said, output });
  throw usage('output-missing', 'No file was named for the image', {
    hint: 'Give -o FILE, or --cloud, which gives it a name.',
  });
}

function sizeOf({ cloud, size }: ImageRequest, { format }: NamedFormat): number {
  const unit = imageFormats[format].sizeUnit;
  const wanted = cloud === undefined ? (size ?? minimumDiskSize) : chosenSize(cloud, minimumDiskSize, size);
  return Math.ceil(wanted / unit) * unit;
}

/** Where the image goes: a cloud gives it a name when it is known what is in it. */
async function placeOf(host: Host, request: ImageRequest, chosen: NamedFormat, { os, arch }: Manifest) {
  if (request.output !== undefined || request.cloud === undefined) return resolve(request.output ?? '');
  const output = resolve(imageName(request.cloud, { version: os, arch }, chosen));
  await requireFree(host, output, request.force);
  return output;
}

async function requireFree(host: Host, output: string, force: boolean): Promise<void> {
  await requireFolder(host, dirname(output));
  for (const path of [output, ...Object.values(besidePaths(output))]) {
    const stat = await host.files.stat(path);
    if (stat === undefined) continue;
    if (stat.type !== 'file')
      throw refused('output-exists', `${path} is not a file`, {
        hint: 'Name a new file; to write an image to a disk, use its own command.',
      });
    if (!force)
      throw refused('output-exists', `${path} exists`, { hint: 'Name another file, or give --force.' });
  }
}
