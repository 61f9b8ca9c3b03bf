/** What `--json` has printed. */
import { type Event, event } from '../../src/plan/events.ts';

/** Throws for a line that is no event. */
export const readEvents = (out: string): readonly Event[] =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => event.parse(JSON.parse(line)));
