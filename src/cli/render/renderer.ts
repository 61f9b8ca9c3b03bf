/** What shows the events of an execution. It draws and never drives. */
import type { Emit } from '../../plan/events.ts';

export interface Renderer {
  readonly emit: Emit;
  /** After the work has ended or failed: the terminal is the caller's again. A second call does nothing. */
  end(): Promise<void>;
}
