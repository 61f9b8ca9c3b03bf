/** Work that shows as one step: started, how far it is, ended or failed and why. */
import { messageOf } from '../errors.ts';
import type { Host } from '../host/ports.ts';
import type { Emit } from '../plan/events.ts';
import { stamper } from '../plan/stamper.ts';

export interface StepContext {
  readonly host: Pick<Host, 'clock'>;
  readonly emit: Emit;
}

/** `progress` of bytes, or of 100 percent when `total` is left out. */
export type Progress = (done: number, total?: number) => void;

export async function runStep<T>(
  { host, emit }: StepContext,
  { name: id, title }: { readonly name: string; readonly title: string },
  work: (progress: Progress) => Promise<T>,
): Promise<T> {
  const send = stamper(emit, () => host.clock.now());
  const progress: Progress = (done, total) =>
    total === undefined
      ? send({ type: 'progress', id, done: Math.max(0, Math.min(100, done)), total: 100, unit: 'percent' })
      : send({ type: 'progress', id, done, total, unit: 'bytes' });
  const start = host.clock.monotonic();
  const end = (failure?: string) =>
    send({
      type: 'step-end',
      id,
      ok: failure === undefined,
      ms: Math.round(host.clock.monotonic() - start),
      ...(failure === undefined ? {} : { message: failure }),
    });
  send({ type: 'step-start', id, title });
  try {
    const result = await work(progress);
    end();
    return result;
  } catch (error) {
    end(isStop(error) ? 'interrupted' : messageOf(error));
    throw error;
  }
}

/** What an aborted signal makes Node.js throw (DOM, AbortSignal): its words are for programmers. */
const isStop = (error: unknown) => error instanceof Error && error.name === 'AbortError';
