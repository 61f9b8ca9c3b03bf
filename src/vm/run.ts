/** `opsctl vm run`: from what the user gave to a machine, and QEMU on this terminal. */
import { join } from 'node:path';
import type { ArchitectureName } from '../architectures.ts';
import { usage } from '../errors.ts';
import type { Host, OpenFile } from '../host/ports.ts';
import { archesOfDisk, archesOfKernel } from '../image/inspect/arches.ts';
import { accelerator } from './accelerator.ts';
import { qemuArgv, qemuProgram } from './argv.ts';
import { artifactCommandLine, type BootFiles, bootFiles, chooseArch } from './boot-files.ts';
import {
  type Bus,
  type DiskInput,
  type Firmware,
  type MachineInput,
  type MachineSpec,
  startsBy,
} from './machine.ts';
import { createDisk, type DiskRequest, isEmptyDisk } from './new-disk.ts';
import { fromProfile } from './profiles.ts';
import { pxeFolder } from './pxe.ts';
import { ownVariables } from './start.ts';

export interface RunRequest {
  /** An ISO, a disk image, or a folder with the artifacts of a build. */
  readonly target?: string;
  /** That of what is booted when left out. */
  readonly arch?: ArchitectureName;
  /** The usual one of the architecture when left out. */
  readonly firmware?: Firmware;
  /** How an ISO or a disk image is attached; the default depends on which it is. */
  readonly bus?: Bus;
  readonly disks: readonly DiskRequest[];
  readonly diskBus: Bus;
  readonly sectorSize: 512 | 4096;
  /** MiB. */
  readonly memory?: number;
  readonly cpus?: number;
  readonly sshPort?: number;
  readonly kernel?: string;
  readonly initrd?: string;
  readonly append?: string;
  /** Boots the folder's artifacts over the network. */
  readonly pxe: boolean;
}

/**
 * The machine for a request: a pure function of it, of what `target` turned out to be and of the architecture. `tftp` is
 * the folder made for --pxe. Throws OpsError (usage) for requests that contradict themselves.
 */
export function machineFor(
  request: RunRequest,
  boot: BootFiles | undefined,
  arch: ArchitectureName,
  tftp?: { readonly folder: string; readonly bootFile: string },
): MachineSpec {
  if (boot === undefined && request.kernel === undefined && request.disks.length === 0) {
    throw usage('nothing-to-boot', 'There is nothing to boot', {
      hint: 'Give an ISO, a disk image or a folder of artifacts, or run "make" first.',
    });
  }
  if (request.pxe && boot?.kind !== 'artifacts') {
    throw usage('pxe-without-artifacts', '--pxe boots a folder of artifacts', {
      hint: 'For example: `opsctl vm run --pxe dist/artifacts`.',
    });
  }
  const kernel = request.pxe ? undefined : kernelOf(request, boot, arch);
  const changes: MachineInput = {
    disks: [...bootDisk(request, boot), ...extraDisks(request)],
    network: {
      ...(request.sshPort === undefined ? {} : { sshPort: request.sshPort }),
      ...(tftp === undefined ? {} : { tftp }),
    },
    ...(kernel === undefined ? {} : { kernel }),
    ...(request.memory === undefined ? {} : { memory: request.memory }),
    ...(request.cpus === undefined ? {} : { cpus: request.cpus }),
  };
  return fromProfile(firmwareOf(request, arch), { arch, ...changes });
}

/** A kernel that is given needs no firmware. */
const firmwareOf = ({ firmware }: RunRequest, arch: ArchitectureName): Firmware =>
  firmware ?? startsBy(arch)[0] ?? 'bios';

/** Without a target: that of the kernel, or of a disk that is there. */
async function archOf({ kernel, disks, arch }: RunRequest, host: Host): Promise<ArchitectureName> {
  const looked = [
    ...(kernel === undefined ? [] : [{ path: kernel, read: archesOfKernel }]),
    ...disks.map(({ path }) => ({ path, read: (file: OpenFile) => archesOfDisk(file, path) })),
  ];
  for (const { path, read } of looked) {
    if (!(await host.files.exists(path))) continue;
    const file = await host.files.open(path, 'r');
    const found = await read(file).finally(() => file.close());
    if (found.length > 0) return chooseArch(host, arch, found, path);
  }
  return chooseArch(host, arch, [], '');
}

/** A firmware that finds nothing to start ends in a shell of its own, or says so where nobody looks. */
async function requireBootable(disks: readonly DiskRequest[], host: Host): Promise<void> {
  for (const disk of disks) if (!(await isEmptyDisk(disk, host))) return;
  const { path = '', size } = disks[0] ?? {};
  // As it was typed, so that the line can be copied.
  const given =
    size === undefined
      ? path
      : `${path}:${size % 2 ** 30 === 0 ? `${size / 2 ** 30}G` : `${size / 2 ** 20}M`}`;
  throw usage('nothing-to-boot', `There is nothing to boot: ${path} is an empty disk`, {
    hint: `Give what to install from: \`opsctl vm run bos-amd64.iso --disk ${given}\`.`,
  });
}

function bootDisk(request: RunRequest, boot: BootFiles | undefined): DiskInput[] {
  if (boot?.kind === 'iso') {
    const bus = request.bus ?? 'cd';
    // As a stick or a disk an ISO may be written to, as a real one may; the file stays as it is.
    return [{ id: 'medium', file: boot.path, bus, snapshot: bus !== 'cd' }];
  }
  if (boot?.kind === 'disk') {
    const bus = request.bus ?? 'virtio';
    if (bus === 'cd') throw usage('disk-as-cd', `${boot.path} is not an ISO; only an ISO can be a CD`);
    return [{ id: 'disk', file: boot.path, bus, format: boot.format, sectorSize: request.sectorSize }];
  }
  return [];
}

function extraDisks(request: RunRequest): DiskInput[] {
  return request.disks.map(({ path, format }, index) => ({
    id: `extra${index}`,
    file: path,
    format,
    bus: request.diskBus,
    sectorSize: request.sectorSize,
    serial: `BOS-DISK-${index}`,
  }));
}

function kernelOf(
  request: RunRequest,
  boot: BootFiles | undefined,
  arch: ArchitectureName,
): MachineInput['kernel'] {
  const artifacts = boot?.kind === 'artifacts' ? boot : undefined;
  const kernel = request.kernel ?? artifacts?.kernel;
  if (kernel === undefined) {
    if (request.initrd === undefined && request.append === undefined) return undefined;
    throw usage('kernel-missing', '--initrd and --append need --kernel or a folder of artifacts', {
      hint: 'An ISO or a disk takes its command line from its boot menu.',
    });
  }
  const initrd = request.initrd ?? artifacts?.initrd;
  const append = [artifacts === undefined ? [] : artifactCommandLine(arch), request.append ?? []]
    .flat()
    .join(' ');
  return { kernel, append, ...(initrd === undefined ? {} : { initrd }) };
}

/** Runs the machine on this terminal until it ends; returns QEMU's exit code. `ready`: from now on the terminal is its. */
export async function runOnTerminal(
  request: RunRequest,
  host: Host,
  signal: AbortSignal,
  ready: () => void = () => {},
): Promise<number> {
  const boot = request.target === undefined ? undefined : await bootFiles(request.target, host, request.arch);
  const arch = boot?.arch ?? (await archOf(request, host));
  const folder = await host.files.makeTempDir('bos-vm-');
  try {
    const tftp =
      request.pxe && boot?.kind === 'artifacts'
        ? await pxeFolder(boot, firmwareOf(request, arch), request.append ?? '', host, join(folder, 'tftp'))
        : undefined;
    const spec = machineFor(request, boot, arch, tftp);
    if (boot === undefined && spec.kernel === undefined) await requireBootable(request.disks, host);
    for (const disk of request.disks) await createDisk(disk, host);
    const variables = await ownVariables(spec, host, folder);
    const argv = qemuArgv(spec, {
      accelerator: await accelerator(host, arch),
      console: 'terminal',
      ...(variables === undefined ? {} : { variables }),
    });
    ready();
    const child = host.processes.start(qemuProgram(arch), argv, { inherit: true });
    const stop = () => child.kill('SIGTERM');
    signal.addEventListener('abort', stop, { once: true });
    const { exitCode } = await child.exited.finally(() => signal.removeEventListener('abort', stop));
    return exitCode ?? 1;
  } finally {
    await host.files.remove(folder);
  }
}
