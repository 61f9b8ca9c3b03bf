/** The machines that there are: nothing of them is believed for longer than a request. */
import type { Diagnostic } from '../../config/diagnostics.ts';
import type { MachineSpec, ReadMachine } from './machine.ts';

export interface Machine extends ReadMachine {
  readonly name: string;
  /** Files that it names are there. */
  readonly folder: string;
}

export interface UsableMachine extends Machine {
  readonly spec: MachineSpec;
}

export interface MachineStore {
  /** In order of their names; the same list while nothing has changed. */
  all(): Promise<readonly Machine[]>;
  /** Undefined for a name that there is not. */
  get(name: string): Promise<Machine | undefined>;
  /** Faults that belong to no machine. */
  faults(): Promise<readonly Diagnostic[]>;
}
