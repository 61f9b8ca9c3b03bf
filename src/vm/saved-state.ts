/**
 * Saves a running machine to files and starts machines from them: a system is booted once and used many times.
 * A machine with an NVMe disk cannot be saved (QEMU 7.2); plug such disks in after resuming.
 */
import { join } from 'node:path';
import { OpsError } from '../errors.ts';
import type { Host } from '../host/ports.ts';
import { type MachineSpec, machine } from './machine.ts';
import type { Session } from './session.ts';
import { type StartOptions, start } from './start.ts';

const files = { machine: 'machine.json', memory: 'memory', variables: 'variables.fd' } as const;

/** Writes the state to `folder` and ends the session. Its disks must stay as they are as long as it is used. */
export async function saveState(session: Session, host: Host, folder: string): Promise<void> {
  await host.files.remove(folder);
  await host.files.makeDir(folder);
  await session.qmp.execute('stop');
  await session.qmp.execute('migrate-set-parameters', { 'max-bandwidth': 2 ** 40 });
  await session.qmp.execute('migrate-set-capabilities', {
    capabilities: [{ capability: 'events', state: true }],
  });
  const moved = migrationEnd(session);
  await session.qmp.execute('migrate', { uri: `exec:cat > ${shellQuoted(join(folder, files.memory))}` });
  await moved;
  if (session.spec.firmware !== 'bios') {
    await host.files.copy(join(session.folder, files.variables), join(folder, files.variables));
  }
  await host.files.write(join(folder, files.machine), `${JSON.stringify(session.spec, null, 2)}\n`);
  await session.close();
}

/**
 * A new machine that goes on where the saved one stopped. `changes` may give another name and ssh port; the
 * devices must be the same.
 */
export async function resume(
  folder: string,
  host: Host,
  changes: Partial<Pick<MachineSpec, 'name' | 'network' | 'onReboot'>> = {},
  options: Pick<StartOptions, 'logs'> = {},
): Promise<Session> {
  const saved = machine(JSON.parse(await host.files.readText(join(folder, files.machine))));
  const spec = machine({ ...saved, ...changes });
  const memory = join(folder, files.memory);
  const session = await start(spec, host, {
    ...options,
    incoming: memory,
    ...(spec.firmware === 'bios' ? {} : { variables: join(folder, files.variables) }),
  });
  try {
    await session.qmp.execute('migrate-set-capabilities', {
      capabilities: [{ capability: 'events', state: true }],
    });
    const moved = migrationEnd(session);
    await session.qmp.execute('migrate-incoming', { uri: `exec:cat ${shellQuoted(memory)}` });
    await moved;
    await session.qmp.execute('cont');
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
}

async function migrationEnd(session: Session): Promise<void> {
  const event = await session.qmp.nextEvent(
    ({ name, data }) => name === 'MIGRATION' && (data.status === 'completed' || data.status === 'failed'),
    120_000,
  );
  if (event.data.status === 'completed') return;
  throw new OpsError('undone', 'state-failed', 'QEMU could not move the state of the machine');
}

/** QEMU gives an exec: address to a shell, whatever we do. */
function shellQuoted(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`;
}
