/** `opsctl image create`: a bootable disk image straight from an ISO, without root, mounts or a virtual machine. */
import { basename, dirname, join, resolve } from 'node:path';
import type { Diagnostic } from '../../config/diagnostics.ts';
import { minimumDiskSize } from '../../disk/layout/layout.ts';
import { refused, usage } from '../../errors.ts';
import { sha256Of } from '../../host/digest.ts';
import type { Host } from '../../host/ports.ts';
import { makeWorkFolder } from '../../host/work-folder.ts';
import { requirePrograms } from '../../install/check/programs.ts';
import { plannedOf } from '../../install/medium/iso.ts';
import { planRefs } from '../../install/plan-input.ts';
import { openImage } from '../../media/image.ts';
import { readImageMedium } from '../../media/image-medium.ts';
import type { Manifest } from '../../media/manifest.ts';
import { withTemporary } from '../../operation/outcome.ts';
import type { Emit } from '../../plan/events.ts';
import { execute } from '../../plan/execute.ts';
import type { Outcome } from '../../plan/outcome.ts';
import { handlers, type Step } from '../../steps/index.ts';
import { chosenFormat, chosenSize, imageName } from '../cloud/choose.ts';
import { imageConfig } from '../cloud/cloud-config.ts';
import { type CloudName, clouds } from '../cloud/clouds.ts';
import { unpackAssets } from './assets.ts';
import { imageIds } from './ids.ts';
import { planImage } from './plan.ts';

export interface ImageRequest {
  /** An ISO: a path or a URL. */
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
}

export interface CreateOptions {
  readonly emit: Emit;
  readonly say?: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface CreatedImage {
  readonly output: string;
  /** Bytes. */
  readonly size: number;
  readonly version: string;
  readonly warnings: readonly Diagnostic[];
}

/** As a machine shows them that nobody has asked: the screen, and the serial console last, where clouds look. */
const consoles = ['tty0', 'ttyS0,115200'];
/** 1 January 2020: of files in an image, which are as old as the image is. */
const fixedTime = 1_577_836_800;
const whole = 2 ** 20;

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

/**
 * Throws OpsError: (usage) `config-invalid`, `output-missing`; (refused) `output-exists`, `no-login`, `disk-too-small`, `cloud-size`,
 * `image-too-small`, `no-room`, `tool-missing`, and what opening an ISO or reading a configuration does; (undone) what failed while it was written.
 */
export async function createImage(
  host: Host,
  request: ImageRequest,
  options: CreateOptions,
): Promise<CreatedImage> {
  const { cloud } = request;
  requireRaw(cloud);
  const nameFor = outputOf(request);
  if (request.output !== undefined) await requireFree(host, resolve(request.output), request.force);
  const config = await imageConfig(host, request, options);
  const size = sizeOf(request);
  const folder = await makeWorkFolder(host, 'image');
  const temporary = {
    what: `${folder}, which holds the configuration`,
    remove: () => host.files.remove(folder),
    cleanupFailed: 'The image itself is complete; remove that folder by hand.',
  };
  return withTemporary(temporary, async () => {
    const configPath = join(folder, 'config.yaml');
    await host.files.write(configPath, config.bytes, { mode: 0o600 });
    const image = await openImage(host, request.from, planRefs.image, options);
    try {
      const medium = await readImageMedium(image);
      const { manifest, manifestText } = medium;
      const output = resolve(nameFor(manifest));
      if (request.output === undefined) await requireFree(host, output, request.force);
      const digest = sha256Of(config.bytes);
      const plan = planImage({
        ...{ output, partial: partialOf(output), size, manifest, manifestText },
        consoles: cloud === undefined ? consoles : clouds[cloud].consoles,
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
      await execute<Step>(plan, ownFile, {
        ...{ host, outcome, emit: options.emit, signal: options.signal },
        names: { [planRefs.config]: configPath, [planRefs.image]: request.from },
      });
      return { output, size, version: manifest.os, warnings: config.warnings };
    } finally {
      await image.close();
    }
  });
}

const sizeOf = ({ cloud, size }: ImageRequest) =>
  cloud === undefined
    ? Math.ceil((size ?? minimumDiskSize) / whole) * whole
    : chosenSize(cloud, minimumDiskSize, size);

/** The raw image is all that is written so far. */
function requireRaw(cloud: CloudName | undefined): void {
  if (cloud === undefined || clouds[cloud].format === 'raw') return;
  throw usage('format-unknown', `Images for ${cloud} are not raw, and only raw ones are written so far`);
}

/** What the image is called, as soon as it is known what is in it. Throws `output-missing` (usage). */
function outputOf({ output, cloud }: ImageRequest): (system: Manifest) => string {
  if (output !== undefined) return () => output;
  if (cloud !== undefined)
    return ({ os, arch }) => imageName(cloud, { version: os, arch }, chosenFormat(cloud, {}));
  throw usage('output-missing', 'No file was named for the image', {
    hint: 'Give -o FILE, or --cloud, which gives it a name.',
  });
}

/** In the same folder: a name is given without a copy. */
const partialOf = (output: string) => join(dirname(output), `.${basename(output)}.partial`);

async function requireFree(host: Host, output: string, force: boolean): Promise<void> {
  const stat = await host.files.stat(output);
  if (stat === undefined) {
    const folder = await host.files.stat(dirname(output));
    if (folder?.type === 'directory' || folder?.type === 'symlink') return;
    throw refused('output-folder', `There is no folder ${dirname(output)}`, {
      hint: 'Make it, or name another one.',
    });
  }
  if (stat.type !== 'file')
    throw refused('output-exists', `${output} is not a file`, {
      hint: 'Name a new file; to write an image to a disk, use its own command.',
    });
  if (!force)
    throw refused('output-exists', `${output} exists`, { hint: 'Name another file, or give --force.' });
}
