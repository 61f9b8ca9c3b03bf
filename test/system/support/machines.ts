/** What a system test is and what it is given. Tests live in NAME.system.ts files that export `issue`, `tests` and `fixtures`. */
import type { Host } from '../../../src/host/ports.ts';
import type { MachineInput, MachineSpec } from '../../../src/vm/machine.ts';
import type { Session } from '../../../src/vm/session.ts';

export interface SystemContext {
  readonly host: Host;
  /** The folder of the artifacts under test. */
  readonly artifacts: string;
  /** For disks and other files; gone after the test. A fixture's stays until the last test. */
  readonly folder: string;
  /**
   * Boots a machine after its firmware's profile, with its share of the processors. It ends with the test; its logs are
   * kept when the test fails.
   */
  start(input: MachineInput): Promise<Session>;
  /** Goes on from a state saved by `saveState`, in the same way. */
  resume(state: string, changes?: Partial<Pick<MachineSpec, 'network' | 'onReboot'>>): Promise<Session>;
  /** The folder of a fixture named in `uses`. */
  fixture(name: string): string;
  /** A raw disk image of `size` bytes in the folder; returns its path. */
  emptyDisk(name: string, size: number): Promise<string>;
  /** Prints a line under the test's name. */
  log(line: string): void;
  /** Adds a figure to the test's result, for the pages that a soak writes. */
  figure(name: string, value: number): void;
}

export interface SystemTest {
  /** Unique, in words: `unattended install to NVMe, UEFI`. */
  readonly name: string;
  /** What it takes beside one other machine on a machine of two cores. */
  readonly seconds: number;
  /** Names of fixtures that must be there first. */
  readonly uses?: readonly string[];
  /** Only with --soak. */
  readonly soak?: boolean;
  /** No other machine may run at the same time. */
  readonly alone?: boolean;
  run(t: SystemContext): Promise<void>;
}

/** Something made once for many tests, such as a machine saved at its prompt; made only when a test uses it. */
export interface Fixture {
  readonly name: string;
  readonly seconds: number;
  readonly uses?: readonly string[];
  make(t: SystemContext): Promise<void>;
}

export interface SystemFile {
  /** The part of the project whose budget the tests use. */
  readonly issue: number;
  readonly tests: readonly SystemTest[];
  readonly fixtures?: readonly Fixture[];
}
