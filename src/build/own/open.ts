/** What `--from` names, brought in and inspected: everything that can be wrong with it is said before anything is built. */
import type { ArchitectureName } from '../../architectures.ts';
import { architectures } from '../../architectures.ts';
import { elfNeeds } from '../../formats/executables/elf.ts';
import { sha256File, sha256Of } from '../../host/digest.ts';
import type { Host } from '../../host/ports.ts';
import { stamper } from '../../plan/stamper.ts';
import type { Stage, StageContext, StageRunner } from '../stage.ts';
import { runStep } from '../step.ts';
import { walkTree } from '../tree.ts';
import { inspectRoot, type OwnSystem } from './inspect.ts';
import { layered } from './layers.ts';
import { lookInto } from './look.ts';
import { ownPlace } from './place.ts';
import { folderRootStage, imageRootStage, notRead } from './root-stage.ts';
import { type OwnImage, openRegistryImage, openStoredImage } from './source.ts';

export interface OwnRoot extends OwnSystem {
  /** For messages. */
  readonly shown: string;
  /** Makes `root.tar`. */
  readonly stage: Stage;
  /** The folder of firmware, with every link followed. */
  readonly firmware: string | undefined;
}

export interface OwnRequest {
  /** As typed. */
  readonly place: string;
  readonly arch: ArchitectureName;
  readonly plainHttp?: boolean | undefined;
  /** The Node.js that runs in the OS. */
  readonly node: string;
  /** Text of os/initrd/modules.txt. */
  readonly modules: string;
}

/** Throws what naming, opening, unpacking and inspecting do: OpsError. */
export async function openOwnRoot(
  context: StageContext,
  runner: StageRunner,
  request: OwnRequest,
): Promise<OwnRoot> {
  const { host } = context;
  const { stage, shown, close } = await rootStageOf(context, request);
  try {
    const folder = await runner.ensure(stage);
    return await runStep(context, { name: 'inspect', title: `Inspect ${shown}` }, async () => {
      const archive = await host.files.open(`${folder}/root.tar`, 'r');
      try {
        const look = lookInto(await layered([{ name: shown, source: archive }]), archive);
        const system = await inspectRoot(look, shown, {
          architecture: architectures[request.arch],
          node: elfNeeds(await host.files.read(request.node)),
          fileSystems: fileSystemsOf(request.modules),
        });
        tell(context, system);
        const firmware = look.found('usr/lib/firmware');
        return {
          ...{ ...system, shown, stage },
          firmware: firmware?.node.children === undefined ? undefined : firmware.path,
        };
      } finally {
        await archive.close();
      }
    });
  } finally {
    await close();
  }
}

async function rootStageOf(context: StageContext, { place: text, arch, plainHttp }: OwnRequest) {
  const { host, signal } = context;
  const place = await ownPlace(host, text);
  if (place.kind === 'root') {
    const digest = await runStep(context, { name: 'digest', title: `Look at ${place.path}` }, () =>
      folderDigest(host, place.path),
    );
    const stage = folderRootStage(host, place.path, digest);
    return { stage, shown: place.path, close: async () => {} };
  }
  const options = { arch, plainHttp, signal };
  const image: OwnImage =
    place.kind === 'registry'
      ? await openRegistryImage(host, place.reference, options)
      : await openStoredImage(host, place.path, place.kind, options);
  return { stage: imageRootStage(host, image), shown: image.shown, close: image.close };
}

/** Of all that gets into the archive: paths, owners, modes, contents. */
async function folderDigest({ files }: Host, root: string): Promise<string> {
  const seen: unknown[] = [];
  for (const top of await files.list(root)) {
    if ((notRead as readonly string[]).includes(top)) continue;
    for (const { path, stat } of [
      { path: top, stat: await files.stat(`${root}/${top}`) },
      ...((await files.stat(`${root}/${top}`))?.type === 'directory' ? await walkTree(files, root, top) : []),
    ]) {
      if (stat === undefined) continue;
      const { type, mode, uid, gid } = stat;
      const content =
        type === 'file'
          ? await sha256File(files, `${root}/${path}`)
          : type === 'symlink'
            ? await files.readLink(`${root}/${path}`)
            : '';
      seen.push([path, type, mode, uid, gid, content]);
    }
  }
  return sha256Of(JSON.stringify(seen));
}

/** The section of os/initrd/modules.txt: without one of them a medium or a disk is not read. */
export function fileSystemsOf(modules: string): string[] {
  const [, section = ''] = /^# file systems\n([^#]*)/m.exec(modules) ?? [];
  return section.split('\n').filter((line) => line !== '');
}

/** What was found, before anything is made of it. */
function tell({ host, emit }: StageContext, system: OwnSystem): void {
  const send = stamper(emit, () => host.clock.now());
  const { name, kernel, otherKernels, packages, warnings } = system;
  const count = packages?.count === undefined ? '' : `${packages.count} `;
  const installed = packages === undefined ? '' : `, ${count}packages of ${packages.manager}`;
  send({ type: 'note', id: 'inspect', message: `${name}, kernel ${kernel.release}${installed}` });
  if (otherKernels.length > 0)
    send({ type: 'note', id: 'inspect', message: `left out: the kernels ${otherKernels.join(', ')}` });
  for (const message of warnings) send({ type: 'warning', message });
}
