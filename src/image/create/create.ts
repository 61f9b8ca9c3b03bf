/** `opsctl image create`: a bootable disk image straight from an ISO, without root, mounts or a virtual machine. */
import { dirname, join, resolve } from 'node:path';
import type { Diagnostic } from '../../config/diagnostics.ts';
import { refused } from '../../errors.ts';
import type { Compression, ImageFormat } from '../../formats/disk-images/formats.ts';
import { sha256Of } from '../../host/digest.ts';
import type { Host } from '../../host/ports.ts';
import { makeWorkFolder } from '../../host/work-folder.ts';
import { requirePrograms } from '../../install/check/programs.ts';
import { plannedOf } from '../../install/medium/iso.ts';
import { planRefs } from '../../install/plan-input.ts';
import { openImage } from '../../media/image.ts';
import { readImageMedium } from '../../media/image-medium.ts';
import { withTemporary } from '../../operation/outcome.ts';
import type { Emit } from '../../plan/events.ts';
import { execute } from '../../plan/execute.ts';
import type { Outcome } from '../../plan/outcome.ts';
import { handlers, type Step } from '../../steps/index.ts';
import { imageConfig } from '../cloud/cloud-config.ts';
import { type CloudName, clouds } from '../cloud/clouds.ts';
import { unpackAssets } from './assets.ts';
import { chosenOutput } from './chosen-output.ts';
import { imageIds } from './ids.ts';
import { besidePaths, isConverted, outputPaths } from './output.ts';
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
}

export interface CreatedImage {
  readonly output: string;
  /** Bytes. */
  readonly size: number;
  readonly format: ImageFormat;
  readonly version: string;
  readonly warnings: readonly Diagnostic[];
}

/** As a machine shows them that nobody has asked: the screen, and the serial console last, where clouds look. */
const consoles = ['tty0', 'ttyS0,115200'];
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
 * Throws OpsError: (usage) `config-invalid`, `output-missing`, `format-unclear`, `format-not-compressed`; (refused)
 * `output-exists`, `no-login`, `disk-too-small`, `cloud-size`,
 * `image-too-small`, `no-room`, `tool-missing`, and what opening an ISO or reading a configuration does; (undone) what failed while it was written.
 */
export async function createImage(
  host: Host,
  request: ImageRequest,
  options: CreateOptions,
): Promise<CreatedImage> {
  const { cloud } = request;
  const { format, compress, size, nameFor } = chosenOutput(request);
  if (request.output !== undefined) await requireFree(host, resolve(request.output), request.force);
  const config = await imageConfig(host, request, options);
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
        ...{ format, compress, checksums: request.checksums ?? true, output: outputPaths(output), size },
        ...{ manifest, manifestText, consoles: cloud === undefined ? consoles : clouds[cloud].consoles },
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
      await execute<Step>(plan, isConverted({ format, compress }) ? fromRaw : ownFile, {
        ...{ host, outcome, emit: options.emit, signal: options.signal },
        names: { [planRefs.config]: configPath, [planRefs.image]: request.from },
      });
      return { output, size, format, version: manifest.os, warnings: config.warnings };
    } finally {
      await image.close();
    }
  });
}

async function requireFree(host: Host, output: string, force: boolean): Promise<void> {
  const folder = await host.files.stat(dirname(output));
  if (folder?.type !== 'directory' && folder?.type !== 'symlink')
    throw refused('output-folder', `There is no folder ${dirname(output)}`, {
      hint: 'Make it, or name another one.',
    });
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
