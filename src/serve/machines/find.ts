/** The machine of a name; that there is none is only said when it is known. */
import { formatDiagnostic } from '../../config/diagnostics.ts';
import { refused } from '../../errors.ts';
import type { Machine, MachineStore } from './store.ts';

/** Throws OpsError (refused) `machines-unreadable`. */
export async function findMachine(store: MachineStore, name: string): Promise<Machine | undefined> {
  const machine = await store.get(name);
  if (machine === undefined) await requireReadable(store);
  return machine;
}

/** Throws OpsError (refused) `machines-unreadable` when there are none because of a fault. */
export async function requireReadable(store: MachineStore): Promise<void> {
  if ((await store.all()).length > 0) return;
  const faults = (await store.faults()).filter(({ severity }) => severity === 'error');
  if (faults.length > 0)
    throw refused('machines-unreadable', 'The machines of this server cannot be read', {
      details: faults.map(formatDiagnostic),
    });
}
