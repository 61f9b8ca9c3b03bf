/**
 * A build stage: named inputs and the results of other stages in, a folder of files out. The folder's name carries
 * the hash of all that the result depends on, so a stage whose inputs did not change is not run again. It is made
 * under a temporary name and renamed when complete: a failed or interrupted stage leaves nothing that could be
 * taken for its result.
 */
import { sha256Of } from '../host/digest.ts';
import type { Files, Host } from '../host/ports.ts';
import type { Emit } from '../plan/events.ts';
import { asBuildFailure } from './failures.ts';
import { runStep } from './step.ts';

export interface StageContext {
  readonly host: Host;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Folder of the stage cache, absolute. */
  readonly cache: string;
  /** Another cache, whose results are taken and never changed. */
  readonly also?: string | undefined;
  /** Program → version of the package that has it. */
  readonly tools: Readonly<Record<string, string>>;
}

export interface StageWork<Need extends string = string> {
  /** An empty folder to fill, absolute. */
  readonly folder: string;
  /** The folders of the stages it needs. */
  readonly from: Readonly<Record<Need, string>>;
  /** Reports how far the stage is, 0 to 100. */
  percent(value: number): void;
  /** For work that is no program of the host's, which it ends by itself. */
  readonly signal: AbortSignal;
}

export interface Stage<Need extends string = string> {
  readonly name: string;
  readonly title: string;
  /**
   * Everything beside `needs` and `tools` that the result depends on, as JSON: files by digest, options of
   * programs as they are, never a path of this machine.
   */
  readonly inputs: unknown;
  /** Programs whose version may change the result. */
  readonly tools?: readonly string[];
  readonly needs: Readonly<Record<Need, Stage>>;
  make(work: StageWork<Need>): Promise<void>;
}

/** Bump when the code of a stage changes what it makes from the same inputs. */
const cacheVersion = 2;
const keyLength = 20;

export interface StageRunner {
  /** The same for the same result, wherever the cache and the checkout lie. */
  key(stage: Stage): string;
  /** The stages that have to run for these, in order, those they need included. */
  pending(stages: readonly Stage[]): Promise<readonly Stage[]>;
  /** Runs `stage` and what it needs unless the result is there; returns the folder with the result. */
  ensure(stage: Stage): Promise<string>;
}

export function stageRunner(context: StageContext): StageRunner {
  const { host, cache, also, signal } = context;
  const { files } = host;
  const keys = new Map<Stage, string>();

  function key(stage: Stage): string {
    const known = keys.get(stage);
    if (known !== undefined) return known;
    const tools = (stage.tools ?? []).map((tool) => [tool, context.tools[tool] ?? null]);
    const needs = Object.entries<Stage>(stage.needs).map(([name, need]) => [name, key(need)]);
    const text = JSON.stringify([cacheVersion, stage.name, stage.inputs, tools, needs]);
    const made = sha256Of(text).slice(0, keyLength);
    keys.set(stage, made);
    return made;
  }

  const folderOf = (stage: Stage) => `${cache}/${stage.name}-${key(stage)}`;
  async function finished(stage: Stage): Promise<string | undefined> {
    for (const place of also === undefined ? [cache] : [cache, also]) {
      const folder = `${place}/${stage.name}-${key(stage)}`;
      if (await files.exists(folder)) return folder;
    }
    return undefined;
  }

  async function pending(stages: readonly Stage[], found: Stage[] = []): Promise<readonly Stage[]> {
    for (const stage of stages) {
      if (found.includes(stage) || (await finished(stage)) !== undefined) continue;
      await pending(Object.values(stage.needs), found);
      found.push(stage);
    }
    return found;
  }

  async function ensure(stage: Stage): Promise<string> {
    const there = await finished(stage);
    if (there !== undefined) return there;
    const folder = folderOf(stage);
    const from: Record<string, string> = {};
    for (const [name, need] of Object.entries<Stage>(stage.needs)) from[name] = await ensure(need);

    return runStep(context, stage, async (percent) => {
      const partial = `${cache}/${partialPrefix}${stage.name}`;
      try {
        signal.throwIfAborted();
        await files.remove(partial);
        await files.makeDir(partial);
        await stage.make({ folder: partial, from, percent: (value) => percent(value), signal });
        signal.throwIfAborted();
        await removeResults(files, cache, stage.name);
        await files.rename(partial, folder);
        return folder;
      } catch (thrown) {
        await files.remove(partial).catch(() => {});
        throw asBuildFailure(thrown, cache);
      }
    });
  }

  return { key, pending: (stages) => pending(stages), ensure };
}

/** One result per stage is kept: images are large. */
async function removeResults(files: Files, cache: string, name: string): Promise<void> {
  for (const entry of await files.list(cache)) {
    if (entry.startsWith(`${name}-`) && /^[0-9a-f]{20}$/.test(entry.slice(name.length + 1))) {
      await files.remove(`${cache}/${entry}`);
    }
  }
}

/** Names of folders that a stage is still filling. */
export const partialPrefix = '.partial-';
