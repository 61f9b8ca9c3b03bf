/** Starts a machine under QEMU and gives the session that uses it. */

import type { Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { architectures } from '../architectures.ts';
import { OpsError, refused } from '../errors.ts';
import type { Child, Host } from '../host/ports.ts';
import { accelerator } from './accelerator.ts';
import { firmwareFiles, qemuArgv, qemuProgram } from './argv.ts';
import { Console } from './console.ts';
import type { MachineSpec } from './machine.ts';
import { Qmp } from './qmp.ts';
import { Session } from './session.ts';

export interface StartOptions {
  /** Logs of a kept session go to a folder of the machine's name in here; `dist/vm-logs` when left out. */
  readonly logs?: string;
  /** Loads this saved state instead of booting; `resume` in saved-state.ts is the way to it. */
  readonly incoming?: string;
  /** UEFI variables to start from instead of the firmware's own. */
  readonly variables?: string;
}

/** QEMU opens its sockets within milliseconds; a busy machine takes longer. */
const socketLimitMs = 20_000;

/**
 * Starts `spec`. The machine dies with this process.
 * Throws OpsError: `tool-missing`, `firmware-missing` (refused), `qemu-ended` when QEMU does not take the machine.
 */
export async function start(spec: MachineSpec, host: Host, options: StartOptions = {}): Promise<Session> {
  const accel = await accelerator(host, spec.arch);
  const folder = await host.files.makeTempDir('bos-vm-');
  const program = qemuProgram(spec.arch);
  let child: Child | undefined;
  try {
    const variables = await ownVariables(spec, host, folder, options.variables);
    const console = { socket: join(folder, 'console.sock'), log: join(folder, 'console.log') };
    const qmpSocket = join(folder, 'qmp.sock');
    const argv = qemuArgv(spec, {
      accelerator: accel,
      console,
      qmp: qmpSocket,
      ...(variables === undefined ? {} : { variables }),
      ...(options.incoming === undefined ? {} : { incoming: options.incoming }),
    });
    await host.files.write(join(folder, 'argv.txt'), [program, ...argv, ''].join('\n'));
    const running = host.processes.start(program, argv);
    child = running;
    const said = collect(running, host, join(folder, 'qemu.log'));
    // QEMU waits for the console before it starts the guest, so nothing is lost.
    const consoleStream = await connect(host, console.socket, running, said);
    const serial = new Console(consoleStream, consoleStream);
    running.exited.then(
      ({ exitCode, signal }) => {
        // The last bytes of the console may come after the end of the process.
        const ended = () => serial.end(`QEMU ended (${signal ?? `exit code ${exitCode}`})${said()}`);
        if (consoleStream.readableEnded || consoleStream.destroyed) ended();
        else consoleStream.once('close', ended);
      },
      () => serial.end('QEMU did not start'),
    );
    const qmp = new Qmp(await connect(host, qmpSocket, running, said));
    await qmp.open().catch(async (cause) => {
      // QEMU opens its sockets before it looks at its devices; when it then goes, its own words say why.
      const { exitCode, signal } = await running.exited;
      const how = signal ?? `exit code ${exitCode}`;
      throw new OpsError('undone', 'qemu-ended', `QEMU ended at once (${how})${said()}`, { cause });
    });
    const logFolder = resolve(host.system.cwd(), options.logs ?? 'dist/vm-logs', spec.name);
    return new Session({ host, spec, child: running, console: serial, qmp, folder, logFolder });
  } catch (error) {
    child?.kill('SIGKILL');
    await host.files.remove(folder);
    throw error;
  }
}

/** A copy of the UEFI variables for a run; undefined for a BIOS. Throws OpsError `firmware-missing`. */
export async function ownVariables(
  spec: MachineSpec,
  host: Host,
  folder: string,
  from?: string,
): Promise<string | undefined> {
  const found = firmwareFiles(spec);
  if (found === undefined) return undefined;
  const { code, variables } = found;
  for (const path of [code, variables]) {
    if (await host.files.exists(path)) continue;
    throw refused('firmware-missing', `The UEFI firmware ${path} does not exist`, {
      hint: `Install the Debian package ${architectures[spec.arch].qemu.firmwarePackage}.`,
    });
  }
  const copy = join(folder, 'variables.fd');
  await host.files.copy(from ?? variables, copy);
  return copy;
}

/** Keeps what QEMU itself says, in a file and for errors. */
function collect(child: Child, host: Host, log: string): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text += chunk;
      host.files.append(log, String(chunk)).catch(() => {});
    });
  }
  return () => (text.trim() === '' ? '' : `: ${text.trim().split('\n').slice(-5).join('; ')}`);
}

async function connect(host: Host, path: string, child: Child, said: () => string): Promise<Socket> {
  let ended: string | undefined;
  child.exited.then(
    ({ exitCode, signal }) => {
      ended = signal ?? `exit code ${exitCode}`;
    },
    (error: Error) => {
      ended = error.message;
    },
  );
  const limit = host.clock.monotonic() + socketLimitMs;
  for (;;) {
    try {
      return await host.sockets.connectUnix(path);
    } catch (cause) {
      if (ended !== undefined || host.clock.monotonic() > limit) {
        const why = ended === undefined ? 'did not open its socket' : `ended at once (${ended})`;
        throw new OpsError('undone', 'qemu-ended', `QEMU ${why}${said()}`, { cause });
      }
    }
    // The socket is made by another process: there is nothing to wait on but its being there.
    await host.clock.sleep(5);
  }
}
