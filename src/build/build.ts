/** `opsctl build`: from Debian's packages to the artifacts, through cached stages. */
import { type ArchitectureName, architectures } from '../architectures.ts';
import { OpsError, usage } from '../errors.ts';
import type { Host } from '../host/ports.ts';
import { cannotRead } from '../host/system-error.ts';
import type { Emit } from '../plan/events.ts';
import { stamper } from '../plan/stamper.ts';
import { artifactTable, chosenSets } from './artifacts.ts';
import { withCache } from './cache.ts';
import { dcpComponent, firmwareComponent } from './components.ts';
import { requireRunnable } from './emulation.ts';
import { installedNode, nodeFor } from './node-package.ts';
import { type PaletteName, parseArgFile } from './oci/arg-file.ts';
import { openOwnRoot } from './own/open.ts';
import { hasKernel, kernelRelease, type PackageLists, packageListsFor } from './packages/lock.ts';
import { packageSource } from './packages/package-source.ts';
import { installMode } from './privileges.ts';
import { publish } from './publish.ts';
import { recipe } from './recipe.ts';
import { type StageContext, stageRunner } from './stage.ts';
import { injector } from './stages/executable.ts';
import { codeCacheOf, phasesStarterOf, starterOf } from './stages/overlay.ts';
import { runStep } from './step.ts';
import { checkBuildTools } from './tools.ts';

export interface BuildContext {
  readonly host: Host;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Folder of the stage cache, absolute. */
  readonly cache: string;
  /** The project's root, absolute. */
  readonly project: string;
}

export interface BuildRequest {
  readonly arch: ArchitectureName;
  /** Folder of the results, absolute. */
  readonly output: string;
  /** Of the OS: package.json's. */
  readonly version: string;
  /** Names of artifact sets; all but the OCI image when empty. */
  readonly artifacts: readonly string[];
  /** The CLI as one bundle. */
  readonly bundle: string;
  readonly mirror?: string | undefined;
  /** Leave Debian's security suite out. */
  readonly withoutSecurity?: boolean | undefined;
  /** Take archives whose index has expired. */
  readonly allowExpired?: boolean | undefined;
  /** A lock to build from. */
  readonly lock?: string | undefined;
  /** Resolve the packages again even when an earlier build's lock is there. */
  readonly refresh: boolean;
  /** Pack the root file system in a hurry. */
  readonly quick: boolean;
  /** File or URL of the DCP executable, and the name of its version. */
  readonly dcp?: string | undefined;
  readonly dcpVersion?: string | undefined;
  readonly dcpSha256?: string | undefined;
  readonly insecure?: boolean | undefined;
  readonly firmware?: string | undefined;
  /** Somebody's own system to build from, as `ownPlace` reads it. */
  readonly from?: string | undefined;
  /** Ask its registry without encryption. */
  readonly plainHttp?: boolean | undefined;
  /** The file that names an image for Palette, which the OCI image becomes then. */
  readonly argFile?: string | undefined;
}

/** Builds what is asked for; returns the paths of the artifacts. Throws OpsError for everything a person can mend. */
export async function build(given: BuildContext, request: BuildRequest): Promise<string[]> {
  const sets = chosenSets(request.artifacts);
  const host = stoppable(given.host, given.signal);
  const architecture = architectures[request.arch];
  const tools = await checkBuildTools(host, architecture);
  for (const [path, make] of [
    [request.bundle, 'make bundle'],
    [starterOf(request.bundle), 'make bundle'],
    [phasesStarterOf(request.bundle), 'make bundle'],
    [codeCacheOf(request.bundle), 'make bundle'],
    [installedNode(given.project, architectures[host.system.arch]), 'make setup'],
    [`${given.project}/${injector}`, 'make setup'],
  ] as const)
    if (!(await host.files.exists(path)))
      throw usage('not-set-up', `${path} does not exist`, { hint: `Run "${make}" first.` });
  try {
    // The results of other architectures lie below, so that each keeps its own.
    const cache = request.arch === host.system.arch ? given.cache : `${given.cache}/${request.arch}`;
    await host.files.makeDir(cache);
    return await withCache(host, cache, async () => {
      const context = { ...given, cache, host, tools };
      if (request.from === undefined) return buildInCache(context, request, sets);
      // What is built of Debian's packages stays; the folder of an own system has the stages that differ.
      const own = `${cache}/own`;
      await host.files.makeDir(own);
      return withCache(host, own, () => buildInCache({ ...context, own }, request, sets));
    });
  } catch (error) {
    if (!given.signal.aborted) throw error;
    throw new OpsError(
      'interrupted',
      'interrupted',
      'Interrupted. Finished stages are kept: the next build continues from them.',
      {
        cause: error,
      },
    );
  }
}

async function buildInCache(
  context: BuildContext & StageContext & { readonly own?: string },
  request: BuildRequest,
  sets: ReturnType<typeof chosenSets>,
): Promise<string[]> {
  const { host, project, signal } = context;
  const { arch } = request;
  const lists = listsFor(await host.files.readText(`${project}/os/packages.json`), request);
  const palette = request.argFile === undefined ? undefined : await paletteName(host, request.argFile, arch);
  const dcp =
    request.dcp === undefined
      ? undefined
      : await dcpComponent(context, {
          source: request.dcp,
          version: request.dcpVersion,
          sha256: request.dcpSha256,
          insecure: request.insecure,
          refresh: request.refresh,
        });
  const firmware =
    request.firmware === undefined ? undefined : await firmwareComponent(host, request.firmware);
  const runner = stageRunner(
    context.own === undefined ? context : { ...context, cache: context.own, also: context.cache },
  );
  const node = await nodeFor(context, project, architectures[arch]);
  // First: what is wrong with it is said before anything is fetched.
  const own =
    request.from === undefined
      ? undefined
      : await openOwnRoot(context, runner, {
          ...{ place: request.from, arch, plainHttp: request.plainHttp, node },
          modules: await host.files.readText(`${project}/os/initrd/modules.txt`),
        });
  const packages = await packageSource(context, lists, request);
  const stages = await recipe(host, {
    ...{ ...request, project, lists, packages, node, dcp, firmware, own, palette },
    runner: installedNode(project, architectures[host.system.arch]),
  });
  const script = await host.files.readText(`${project}/install/install.sh`);
  const release = own?.kernel.release ?? (hasKernel(lists) ? kernelRelease(packages.lock) : undefined);
  const table = artifactTable(arch, stages, { lock: packages.lock, release }, script);
  const wanted = table.filter((artifact) => artifact.sets.some((set) => sets.includes(set)));

  const pending = await runner.pending(
    wanted.flatMap(({ content }) => ('stage' in content ? [content.stage] : [])),
  );
  // What cannot work fails before anything is built.
  if (pending.includes(stages.base) && own === undefined) {
    await installMode(host);
    await requireRunnable(host, arch);
  }
  const { base, boot, whole } = stages;
  const reading = own === undefined ? [base, boot, ...(whole === undefined ? [] : [whole.kernel])] : [boot];
  if (reading.some((stage) => pending.includes(stage))) await packages.fetch();
  signal.throwIfAborted();

  const emit = stamper(context.emit, () => host.clock.now());
  const line = (id: string, title: string) => ({ id, kind: 'stage', title, destructive: false });
  const steps = pending.map(({ name, title }) => line(name, title));
  const last = line('publish', 'Publish the artifacts');
  emit({ type: 'plan', operation: 'build', steps: [...steps, last] });
  for (const stage of pending) await runner.ensure(stage);
  return runStep(context, { name: last.id, title: last.title }, () =>
    publish(host, runner, { folder: request.output, arch, table, wanted }),
  );
}

const argFileHint =
  'It names the image: IMAGE_REGISTRY, IMAGE_REPO, K8S_DISTRIBUTION, K8S_VERSION, PE_VERSION, as in .arg of CanvOS.';

/** Throws OpsError `arg-file-missing` (refused), `arg-file` (usage). */
async function paletteName({ files }: Host, path: string, arch: ArchitectureName): Promise<PaletteName> {
  const text = await files.readText(path).catch((cause: unknown) => {
    throw cannotRead('arg-file-missing', `--arg-file: ${path}`, cause, argFileHint);
  });
  return parseArgFile(text, path, arch);
}

/** An own system brings its packages and its kernel: what boots it is ours. */
function listsFor(text: string, { arch, from }: BuildRequest): PackageLists {
  const lists = packageListsFor(text, arch);
  return from === undefined ? lists : { rootfs: [], kernel: [], boot: lists.boot };
}

/** The same host, whose programs end when the signal comes. */
function stoppable(host: Host, signal: AbortSignal): Host {
  const { processes } = host;
  return {
    ...host,
    processes: {
      ...processes,
      run: (command, args, options) => processes.run(command, args, { signal, ...options }),
    },
  };
}
