/** Apart from the schemas of events, which not every command that tells something has the time to load. */
import type { Emit, Event } from './events.ts';

type WithoutStamp<E> = E extends Event ? Omit<E, 'v' | 'at'> : never;
/** Stamps events with the version and the time. */
export function stamper(emit: Emit, now: () => number): (event: WithoutStamp<Event>) => void {
  return (partial) => emit({ v: 1, at: Math.round(now()), ...partial } as Event);
}
