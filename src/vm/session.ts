/** A running virtual machine that a program uses: console, shell, screen, disks, power. */
import { join } from 'node:path';
import { OpsError } from '../errors.ts';
import type { Child, Host } from '../host/ports.ts';
import { hotplugPorts } from './argv.ts';
import type { AwaitOptions, Console } from './console.ts';
import { blockNode, deviceId, diskDevice, driveId, type Slot } from './devices.ts';
import { disk as checkedDisk, type Disk, type DiskInput, type MachineSpec, machineType } from './machine.ts';
import type { Qmp } from './qmp.ts';
import { type CommandResult, login, runCommand } from './shell.ts';
import type { Match } from './transcript.ts';

/** How QEMU ended: its exit code, or null when a signal ended it. */
export interface Exit {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

export interface SessionParts {
  readonly host: Host;
  readonly spec: MachineSpec;
  readonly child: Child;
  readonly console: Console;
  readonly qmp: Qmp;
  /** Holds console.log, qemu.log, the sockets and the UEFI variables. */
  readonly folder: string;
  /** Where the folder's logs go when the session is kept. */
  readonly logFolder: string;
}

export class Session {
  readonly spec: MachineSpec;
  readonly console: Console;
  readonly qmp: Qmp;
  /** The folder of this session's files, gone after `close`. */
  readonly folder: string;
  readonly #parts: SessionParts;
  readonly #ports = new Map<string, string>();
  readonly #marks: { readonly name: string; readonly ms: number }[] = [];
  readonly #started: number;
  #closed = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.spec = parts.spec;
    this.console = parts.console;
    this.qmp = parts.qmp;
    this.folder = parts.folder;
    this.#started = parts.host.clock.monotonic();
  }

  awaitText(pattern: string | RegExp, options?: AwaitOptions): Promise<Match> {
    return this.console.awaitText(pattern, options);
  }

  type(text: string): void {
    this.console.type(text);
  }

  login(user: string, options?: AwaitOptions & { readonly password?: string }): Promise<void> {
    return login(this.console, user, options);
  }

  /** Runs a command in the shell that is logged in on the console; any exit code is a result. */
  run(command: string, options?: AwaitOptions): Promise<CommandResult> {
    return runCommand(this.console, command, options);
  }

  /** Writes what the VGA screen shows to a PNG file. */
  async screenshot(path: string): Promise<void> {
    await this.qmp.execute('screendump', { filename: path, format: 'png' });
  }

  /** Plugs a disk into the running machine: virtio, nvme, usb or scsi. Needs `hotplug` in the machine. */
  async plug(input: DiskInput): Promise<Disk> {
    const disk = checkedDisk(input);
    const slot = this.#freeSlot(disk);
    await this.qmp.execute('blockdev-add', blockNode(disk));
    await this.qmp.execute('device_add', diskDevice(disk, slot, undefined));
    if (slot.bus !== undefined) this.#ports.set(disk.id, slot.bus);
    return disk;
  }

  /** Pulls a plugged disk out, after the guest has let go of it. */
  async unplug(disk: Disk, timeoutMs = 60_000): Promise<void> {
    const gone = this.qmp.nextEvent(
      ({ name, data }) => name === 'DEVICE_DELETED' && data.device === deviceId(disk),
      timeoutMs,
    );
    await this.qmp.execute('device_del', { id: deviceId(disk) });
    await gone;
    await this.qmp.execute('blockdev-del', { 'node-name': driveId(disk) });
    this.#ports.delete(disk.id);
  }

  /** Ends the machine at once, as a cut of the power does. */
  async cutPower(): Promise<void> {
    this.#parts.child.kill('SIGKILL');
    await this.#parts.child.exited;
  }

  /**
   * Presses the power button, every `pressEveryMs` again, and waits as `awaitExit`: a guest that has only just shown its
   * prompt may not watch the button yet.
   */
  async powerDown(timeoutMs = 120_000, pressEveryMs = 10_000): Promise<Exit> {
    const over = new AbortController();
    const press = async () => {
      while (!over.signal.aborted) {
        await this.qmp.execute('system_powerdown');
        await this.#parts.host.clock.sleep(pressEveryMs, over.signal);
      }
    };
    // It ends with the machine, whose monitor may be gone before that is known.
    press().catch(() => {});
    try {
      return await this.awaitExit(timeoutMs);
    } finally {
      over.abort();
    }
  }

  /** Waits until QEMU has ended: the guest powered off, or rebooted a machine whose `onReboot` is `exit`. */
  async awaitExit(timeoutMs = 60_000): Promise<Exit> {
    const { host, child } = this.#parts;
    const limit = new AbortController();
    try {
      return await Promise.race([
        child.exited,
        host.clock.sleep(timeoutMs, limit.signal).then(() => {
          throw new OpsError('undone', 'exit-timeout', `The machine still ran after ${timeoutMs / 1000} s`, {
            details: ['the end of the console:', ...this.console.tail().map((line) => `  | ${line}`)],
          });
        }),
      ]);
    } finally {
      limit.abort();
    }
  }

  /** Notes the time since the start of the machine under a name. */
  mark(name: string): number {
    const ms = Math.round(this.#parts.host.clock.monotonic() - this.#started);
    this.#marks.push({ name, ms });
    return ms;
  }

  /** Where `close` puts the logs that it keeps. */
  get logFolder(): string {
    return this.#parts.logFolder;
  }

  get marks(): readonly { readonly name: string; readonly ms: number }[] {
    return this.#marks;
  }

  /**
   * Ends the machine and removes its folder. With `keep`, or BOS_VM_KEEP set, its logs and a last picture of the
   * screen go to the log folder first. Harmless when called again.
   */
  async close(options: { readonly keep?: boolean } = {}): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { host, folder } = this.#parts;
    const keep = (options.keep ?? false) || Boolean(host.system.env.BOS_VM_KEEP);
    if (keep) await this.screenshot(join(folder, 'screen.png')).catch(() => {});
    await this.cutPower();
    if (keep) await this.#keepLogs();
    await host.files.remove(folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #keepLogs(): Promise<void> {
    const { files } = this.#parts.host;
    const { folder, logFolder } = this.#parts;
    await files.remove(logFolder);
    await files.makeDir(logFolder);
    for (const name of ['console.log', 'qemu.log', 'argv.txt', 'screen.png']) {
      if (await files.exists(join(folder, name))) await files.copy(join(folder, name), join(logFolder, name));
    }
    await files.write(join(logFolder, 'console.txt'), this.console.text);
    await files.write(join(logFolder, 'marks.json'), `${JSON.stringify(this.#marks, null, 2)}\n`);
  }

  #freeSlot(disk: Disk): Slot {
    if (!this.spec.hotplug) throw new Error('the machine was started without hotplug');
    if (disk.snapshot) throw new Error('a plugged disk cannot be a snapshot; make an overlay with qemu-img');
    if (disk.bus === 'usb') return { bus: 'usb.0' };
    if (disk.bus === 'scsi') return { bus: 'scsi.0' };
    if (disk.bus !== 'virtio' && disk.bus !== 'nvme')
      throw new Error(`${disk.bus} disks cannot be plugged in`);
    if (machineType(this.spec) === 'pc') return {};
    const used = new Set(this.#ports.values());
    const bus = hotplugPorts.find((port) => !used.has(port));
    if (bus === undefined) throw new Error(`all ${hotplugPorts.length} ports for PCI disks are taken`);
    return { bus };
  }
}
