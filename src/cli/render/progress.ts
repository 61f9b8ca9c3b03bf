/** Progress in words: how far, how fast, how much longer. */
import { formatBytes } from '../../formats/size.ts';
import type { Event } from '../../plan/events.ts';

export type ProgressEvent = Extract<Event, { type: 'progress' }>;

/** The rate is that of the last seconds: a disk that slows down shows. */
const windowMs = 10_000;
/** Rates over less than this are noise. */
const minimumMs = 1_000;

/** Watches the progress of one step. */
export class Pace {
  #samples: { time: number; done: number }[] = [];

  add(event: ProgressEvent): void {
    this.#samples.push({ time: event.at, done: event.done });
    while ((this.#samples[1]?.time ?? Number.POSITIVE_INFINITY) <= event.at - windowMs) this.#samples.shift();
  }

  /** Units per second; undefined while too little was seen. */
  get rate(): number | undefined {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last.time - first.time < minimumMs) return undefined;
    const rate = ((last.done - first.done) * 1000) / (last.time - first.time);
    return rate > 0 ? rate : undefined;
  }
}

/** Before this much is done, the rest is a guess that a person would take for a promise. */
const foreseeablePercent = 15;

/** 0 to 100, or undefined when the total is not known. */
export function percentOf({ done, total }: ProgressEvent): number | undefined {
  return total > 0 ? Math.min(100, Math.floor((done * 100) / total)) : undefined;
}

/** ` 42 %  88 MB of 210 MB, 35 MB/s, 4 s left` */
export function progressText(event: ProgressEvent, rate: number | undefined): string {
  const { done, total, unit } = event;
  const percent = percentOf(event);
  const amount = (value: number) => (unit === 'bytes' ? formatBytes(value) : `${value}`);
  const parts: string[] = [];
  if (unit !== 'percent')
    parts.push(percent === undefined ? amount(done) : `${amount(done)} of ${amount(total)}`);
  if (unit === 'bytes' && rate !== undefined) parts.push(`${formatBytes(rate)}/s`);
  if (percent !== undefined && percent >= foreseeablePercent && rate !== undefined && done < total) {
    parts.push(`${formatDuration(((total - done) * 1000) / rate)} left`);
  }
  const head = percent === undefined ? '' : `${String(percent).padStart(3)} %  `;
  return (head + parts.join(', ')).trimEnd();
}

/** `0.4 s`, `42 s`, `3 min 5 s`, `2 h 10 min`. */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
