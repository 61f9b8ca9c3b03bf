/** `opsctl build`: from Debian's packages to the artifacts, as a recipe of cached stages. */

import { renderMediumMenu } from '../boot/menu.ts';
import { refused, usage } from '../errors.ts';
import { sha256File, sha256Of } from '../host/digest.ts';
import type { Host } from '../host/ports.ts';
import { stamper } from '../plan/events.ts';
import { type Artifact, publish } from './artifacts.ts';
import { bootStage } from './boot.ts';
import { initrdStage } from './initrd.ts';
import { isoStage } from './iso.ts';
import { kernelRelease, kernelStage } from './kernel.ts';
import { mediumStage } from './medium.ts';
import { overlayDigest, overlayEntries } from './overlay.ts';
import {
  type AptOptions,
  fetchLocked,
  type PackageLists,
  type PackageLock,
  packageLists,
  parseLock,
  resolvePackages,
} from './packages.ts';
import { pxeStage } from './pxe.ts';
import { baseStage, rootfsStage } from './rootfs.ts';
import { type BuildContext, runStage } from './stage.ts';
import { tarballStage } from './tarball.ts';
import { checkBuildTools } from './tools.ts';

export interface BuildRequest {
  readonly arch: 'amd64';
  /** Folder of the results, absolute. */
  readonly output: string;
  readonly version: string;
  /** The CLI as one bundle, and the Node that runs it in the OS. */
  readonly bundle: string;
  readonly node: string;
  readonly mirror?: string | undefined;
  /** A lock to build from. */
  readonly lock?: string | undefined;
  /** Resolve the packages again even when an earlier build's lock is there. */
  readonly refresh: boolean;
  /** File or URL of the DCP executable. */
  readonly dcp?: string | undefined;
  readonly firmware?: string | undefined;
}

/** Both a screen and a serial line get the boot's messages; the last one is where an installer asks. */
const mediumArguments = ['console=tty0', 'console=ttyS0,115200', 'quiet'];

/** Bytes that a build from nothing needs in its folders. */
const roomNeeded = 3e9;

/** Builds everything; returns the paths of the artifacts. */
export async function build(context: BuildContext, request: BuildRequest): Promise<string[]> {
  const { host, cache, project } = context;
  const read = (path: string) => host.files.readText(`${project}/${path}`);
  await checkBuildTools(host);
  await host.files.makeDir(cache);
  const lists = packageLists.parse(JSON.parse(await read('os/packages.json')));
  await checkRoom(host, cache);

  const apt: AptOptions = { arch: request.arch, folder: `${cache}/apt`, mirror: request.mirror };
  const lock = await lockFor(context, request, lists, apt);
  const { date } = lock;
  const release = kernelRelease(lock);

  const base = await runStage(
    context,
    baseStage(host, project, lists, lock, apt, await read('os/customize.sh')),
  );
  const firmware = request.firmware === undefined ? undefined : await digestFolder(host, request.firmware);
  const kernel = await runStage(context, kernelStage(host, lock, apt, firmware));
  const boot = await runStage(context, bootStage(host, lock, apt));
  const node = await runStage(context, {
    name: 'node',
    title: 'Strip Node.js',
    inputs: await sha256File(host.files, request.node),
    make: async ({ folder }) => {
      await host.processes.run('strip', [
        '--enable-deterministic-archives',
        '-o',
        `${folder}/node`,
        request.node,
      ]);
    },
  });

  const overlay = await overlayEntries(host, {
    tree: `${project}/os/overlay`,
    bundle: request.bundle,
    node: `${node}/node`,
    boot: `${boot}/boot`,
    version: request.version,
  });
  const rootfs = await runStage(
    context,
    rootfsStage(host, base, overlay, { base, overlay: await overlayDigest(host, overlay) }, date),
  );
  const initrd = await runStage(
    context,
    initrdStage(
      host,
      {
        kernelTree: `${kernel}/tree`,
        release,
        busybox: `${boot}/static/busybox`,
        e2fsck: `${boot}/static/e2fsck`,
        init: await read('os/initrd/init'),
        modules: await read('os/initrd/modules.txt'),
        date,
      },
      { kernel, boot },
    ),
  );

  const dcp = await fetchDcp(context, request.dcp);
  const grubCfg = renderMediumMenu({ version: request.version, kernel: release, arguments: mediumArguments });
  const medium = await runStage(
    context,
    mediumStage(
      host,
      {
        arch: request.arch,
        release,
        version: request.version,
        dcp,
        vmlinuz: `${kernel}/vmlinuz`,
        kernelSquashfs: `${kernel}/kernel.squashfs`,
        initrd: `${initrd}/initrd`,
        rootfs: `${rootfs}/rootfs.squashfs`,
        grubCfg,
      },
      { date },
    ),
  );
  const iso = await runStage(
    context,
    isoStage(host, { tree: `${medium}/tree`, boot: `${boot}/iso`, date }, { medium, boot }),
  );
  const pxe = await runStage(context, pxeStage(host, `${initrd}/initrd`, `${medium}/tree`, date));
  const tarball = await runStage(context, tarballStage(host, `${medium}/tree`, request.arch, date));

  await host.files.write(`${cache}/release`, `${release}\n`);
  await host.files.write(`${cache}/lock.json`, `${JSON.stringify(lock, null, 1)}\n`);
  const { arch } = request;
  const artifacts: Artifact[] = [
    { name: `bos-${arch}.iso`, from: `${iso}/bos.iso` },
    { name: `bos-vmlinuz-${arch}`, from: `${kernel}/vmlinuz` },
    { name: `bos-initrd-${arch}`, from: `${pxe}/initrd` },
    { name: `bos-kernel-${arch}.squashfs`, from: `${kernel}/kernel.squashfs` },
    { name: `bos-rootfs-${arch}.tar.gz`, from: `${tarball}/rootfs.tar.gz` },
  ];
  const paths = await publish(host, request.output, arch, artifacts);
  await host.files.write(`${request.output}/bos-kernel-version-${arch}`, `${release}\n`);
  await host.files.copy(`${medium}/tree/bos/system/manifest.json`, `${request.output}/manifest-${arch}.json`);
  await host.files.copy(`${cache}/lock.json`, `${request.output}/packages-${arch}.lock.json`);
  return paths;
}

async function checkRoom(host: Host, folder: string): Promise<void> {
  const cached = (await host.files.list(folder)).some((name) => name.startsWith('base-'));
  const free = await host.files.freeSpace(folder);
  const needed = cached ? roomNeeded / 2 : roomNeeded;
  if (free >= needed) return;
  throw refused(
    'no-space',
    `${folder} has ${Math.floor(free / 1e6)} MB free; a build needs ${Math.floor(needed / 1e6)} MB`,
    {
      hint: 'Free some space, or give another folder with --cache.',
    },
  );
}

async function lockFor(
  context: BuildContext,
  request: BuildRequest,
  lists: PackageLists,
  apt: AptOptions,
): Promise<PackageLock> {
  const { host, cache } = context;
  const names = [...lists.rootfs, ...lists.kernel, ...lists.boot];
  const stamp = stamper(context.emit, () => host.clock.now());
  const id = 'packages';
  stamp({ type: 'step-start', id, title: 'Fetch the Debian packages' });
  const start = host.clock.monotonic();
  let ok = false;
  const options: AptOptions = {
    ...apt,
    onProgress: (done) => stamp({ type: 'progress', id, done, total: 100, unit: 'percent' }),
  };
  try {
    if (request.lock !== undefined) {
      if (!(await host.files.exists(request.lock)))
        throw usage('lock-missing', `${request.lock} does not exist`);
      const lock = parseLock(await host.files.readText(request.lock), request.lock);
      await fetchLocked(host, lock, options);
      ok = true;
      return lock;
    }
    const resolved = `${cache}/resolved-${sha256Of(JSON.stringify([names, apt.arch, apt.mirror])).slice(0, 20)}.json`;
    if (!request.refresh && (await host.files.exists(resolved))) {
      const lock = parseLock(await host.files.readText(resolved), resolved);
      // The packages are needed again only when a stage that reads them has to run.
      ok = true;
      return lock;
    }
    const lock = await resolvePackages(host, names, options);
    await host.files.writeAtomic(resolved, `${JSON.stringify(lock, null, 1)}\n`);
    ok = true;
    return lock;
  } finally {
    stamp({ type: 'step-end', id, ok, ms: Math.round(host.clock.monotonic() - start) });
  }
}

async function digestFolder(host: Host, folder: string): Promise<{ folder: string; digest: string }> {
  if ((await host.files.stat(folder))?.type !== 'directory')
    throw usage('firmware-missing', `--firmware: ${folder} is not a folder`);
  const { stdout } = await host.processes.run('find', [folder, '-type', 'f', '-printf', '%P %s %T@\n']);
  return { folder, digest: sha256Of(stdout.split('\n').sort().join('\n')) };
}

async function fetchDcp(
  context: BuildContext,
  source: string | undefined,
): Promise<{ version: string; file: string } | undefined> {
  if (source === undefined) return undefined;
  const { host, cache } = context;
  let file = source;
  if (/^https?:/.test(source)) {
    file = `${cache}/dcp`;
    await host.files.write(file, (await host.http.get(source, { limit: 500e6 })).body);
  } else if (!(await host.files.exists(source)))
    throw usage('dcp-missing', `--dcp: ${source} does not exist`);
  // DCP is known by its content: two builds with the same file give the same folder name.
  return { version: `sha256-${(await sha256File(host.files, file)).slice(0, 12)}`, file };
}
