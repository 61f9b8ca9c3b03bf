/**
 * A build stage: named inputs in, a folder of files out. The folder's name carries the hash of the inputs, so a
 * stage whose inputs did not change is not run again. It is made under a temporary name and renamed when
 * complete: a failed or interrupted stage leaves nothing that could be taken for its result.
 */
import { sha256Of } from '../host/digest.ts';
import type { Host } from '../host/ports.ts';
import { type Emit, stamper } from '../plan/events.ts';

export interface BuildContext {
  readonly host: Host;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Folder of the stage cache, absolute. */
  readonly cache: string;
  /** The project's root, absolute. */
  readonly project: string;
}

export interface StageWork {
  /** An empty folder to fill, absolute. */
  readonly folder: string;
  /** Reports how far the stage is, 0 to 100. */
  percent(value: number): void;
}

export interface Stage {
  readonly name: string;
  readonly title: string;
  /** Everything the result depends on, as JSON. Files by digest. */
  readonly inputs: unknown;
  make(work: StageWork): Promise<void>;
}

/** Bump when the code of a stage changes what it makes from the same inputs. */
const cacheVersion = 1;

/** Runs `stage` unless its result is there; returns the folder with the result. */
export async function runStage(context: BuildContext, stage: Stage): Promise<string> {
  const { host, cache } = context;
  const { files } = host;
  const key = sha256Of(JSON.stringify([cacheVersion, stage.name, stage.inputs])).slice(0, 20);
  const folder = `${cache}/${stage.name}-${key}`;
  const emit = stamper(context.emit, () => host.clock.now());
  if (await files.exists(folder)) {
    emit({ type: 'step-start', id: stage.name, title: `${stage.title} (unchanged)` });
    emit({ type: 'step-end', id: stage.name, ok: true, ms: 0 });
    return folder;
  }
  emit({ type: 'step-start', id: stage.name, title: stage.title });
  const start = host.clock.monotonic();
  const partial = `${cache}/.partial-${stage.name}-${host.system.pid}`;
  let message: string | undefined;
  try {
    await files.remove(partial);
    await files.makeDir(partial);
    await stage.make({
      folder: partial,
      percent: (value) =>
        emit({ type: 'progress', id: stage.name, done: Math.min(100, value), total: 100, unit: 'percent' }),
    });
    context.signal.throwIfAborted();
    await removeOlder(context, stage.name);
    await files.rename(partial, folder);
    return folder;
  } catch (error) {
    message = error instanceof Error ? error.message : String(error);
    await files.remove(partial);
    throw error;
  } finally {
    const ms = Math.round(host.clock.monotonic() - start);
    emit({
      type: 'step-end',
      id: stage.name,
      ok: message === undefined,
      ms,
      ...(message ? { message } : {}),
    });
  }
}

/** One result per stage is kept: images are large. */
async function removeOlder({ host, cache }: BuildContext, name: string): Promise<void> {
  for (const entry of await host.files.list(cache)) {
    if (entry.startsWith(`${name}-`) && /^[0-9a-f]{20}$/.test(entry.slice(name.length + 1))) {
      await host.files.remove(`${cache}/${entry}`);
    }
  }
}
