/** The processes that look at inputs: many made ones in a row, or the same one again. */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import type { Fault } from './judge.ts';

/** Of processor time: far more than what an input may take. The clock on the wall says nothing on a busy machine. */
const patienceMs = 10_000;
/** Of the clock: for what waits for something that never comes. */
const waitMs = 120_000;

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

function start(script: string, args: readonly string[]): ChildProcess {
  const child = fork(join(import.meta.dirname, script), args, {
    execArgv: ['--disable-warning=ExperimentalWarning', '--max-old-space-size=512'],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

export interface Found extends Fault {
  readonly index: number;
  /** Missing when the process ended of it: it is made again by its number. */
  readonly input?: string;
}

/**
 * Looks at inputs from number 0 on for `seconds` of processor time, or for five times that by the clock; loading the parser
 * does not count. Returns how many there were, and what was found.
 */
export async function campaign(
  parser: string,
  seed: number,
  seconds: number,
): Promise<{ readonly inputs: number; readonly found: readonly Found[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'bos-fuzz-'));
  const progress = join(folder, 'progress');
  writeFileSync(progress, Buffer.alloc(8));
  const at = () => Number(readFileSync(progress).readBigUInt64LE(0));
  let end: number | undefined;
  const found: Found[] = [];
  let first = 0;
  let left = seconds * 1000;
  try {
    while (left > 0 && (end === undefined || performance.now() < end)) {
      const child = start('worker.ts', [parser, String(seed), String(first), progress]);
      const exit = new AbortController();
      let loaded: number | undefined;
      child.on('message', (message: Found | 'ready') => {
        if (message !== 'ready') found.push(message);
        else [loaded, end] = [processorMs(child), end ?? performance.now() + seconds * 5000];
      });
      child.once('exit', () => exit.abort());
      let used = 0;
      const over = () => {
        if (loaded === undefined) return false;
        // Nothing is known of a process that has ended.
        used = Math.max(used, processorMs(child) - loaded);
        return used >= left || performance.now() >= (end ?? 0);
      };
      const why = await watched(child, at, exit.signal, over);
      left -= used;
      child.removeAllListeners('message').kill('SIGKILL');
      first = at() + 1;
      if (why !== undefined) found.push({ index: at(), ...why });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { inputs: first, found };
}

/** Waits until it is `over` (undefined), the process has ended, or an input takes too long. */
async function watched(
  child: ChildProcess,
  at: () => number,
  exit: AbortSignal,
  over: () => boolean,
): Promise<Fault | undefined> {
  let seen = -1;
  let patience = patienceWith(child);
  while (!over()) {
    await after(200, undefined, { signal: exit }).catch(() => {});
    if (exit.aborted) return { kind: 'died', why: 'the process ended' };
    const now = at();
    if (now !== seen) [seen, patience] = [now, patienceWith(child)];
    else if (patience() <= 0) return { kind: 'hung', why: 'it did not end' };
  }
  return undefined;
}

/** From now on: what is left of it, in ms of processor time at most; 0 or less when there is none. */
function patienceWith(child: ChildProcess): () => number {
  const [cpu, clock] = [processorMs(child), performance.now()];
  return () => Math.min(patienceMs - (processorMs(child) - cpu), waitMs - (performance.now() - clock));
}

/** What a process has taken so far, with all its threads; 0 for one that has ended. proc_pid_stat(5), fields 14 and 15. */
function processorMs(child: ChildProcess): number {
  try {
    const text = readFileSync(`/proc/${child.pid}/stat`, 'latin1');
    // The second field, a name in brackets, may hold spaces.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return 0;
  }
}

/** Looks at single inputs, in a process that is started anew after one that ended it. */
export class Looker {
  readonly #parser: string;
  #child: ChildProcess | undefined;

  constructor(parser: string) {
    this.#parser = parser;
  }

  async look(input: Uint8Array): Promise<Fault | undefined> {
    const child = this.#child ?? (await this.#start());
    // One that has ended since gets nothing any more; that it has is seen below.
    const answer = await answerOf(child, () => child.send(Buffer.from(input).toString('base64'), () => {}));
    if (answer === 'died' || answer === 'hung') {
      this.end();
      return { kind: answer, why: answer === 'died' ? 'the process ended' : 'it did not end' };
    }
    return (answer as Fault | null) ?? undefined;
  }

  async #start(): Promise<ChildProcess> {
    const child = start('look.ts', [this.#parser]);
    await answerOf(child, () => {}, 6);
    this.#child = child;
    return child;
  }

  end(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }
}

/** The next message of a process, or what became of it within so many times the patience. */
const answerOf = (child: ChildProcess, ask: () => void, times = 1): Promise<unknown> =>
  new Promise((resolve) => {
    const answered = (answer: unknown) => {
      clearInterval(timer);
      child.removeAllListeners('message').off('exit', died);
      resolve(answer);
    };
    const died = () => answered('died');
    const patience = patienceWith(child);
    const timer = setInterval(() => {
      if (patience() + (times - 1) * patienceMs <= 0) answered('hung');
    }, 200);
    child.once('message', answered).once('exit', died);
    if (child.connected) ask();
    else died();
  });
