/** One process of worker/worker.ts: a job at a time, each with a limit; ended and started anew when need be. */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { letGo } from './leftovers.ts';
import { afterOwnTime } from './own-time.ts';
import type { Answer, Job } from './worker/worker.ts';

/** `hung`: it did not answer in time; `died`: the process ended. Both are what no test that passes does. */
export type Outcome = Answer | 'hung' | 'died';

/** Modules that were loaded anew are never given back: a process of this size is replaced. */
const memoryLimit = 1.2e9;

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export class TestProcess {
  readonly #root: string;
  readonly #temporary: string;
  readonly #cache: string | undefined;
  #child: ChildProcess | undefined;
  #next = 1;
  /** Which tests have passed in the process that runs now, after they ran in it before. */
  trusted = new Set<string>();

  /** `root` is a copy of the project, `temporary` a folder of this process alone, `cache` for compiled code. */
  constructor(root: string, temporary: string, cache: string | undefined) {
    this.#root = root;
    this.#temporary = temporary;
    this.#cache = cache;
  }

  async run(job: Omit<Job, 'id'>, limitMs: number): Promise<Outcome> {
    // It may have ended after its last answer.
    if (this.#child?.connected === false) await this.end();
    const child = this.#child ?? this.#start();
    const id = this.#next++;
    const outcome = await new Promise<Outcome>((resolve) => {
      const stop = afterOwnTime(limitMs, () => resolve('hung'));
      child.removeAllListeners('message').removeAllListeners('exit');
      child.on('message', (answer: Answer) => {
        if (answer.id !== id) return;
        stop();
        resolve(answer);
      });
      child.on('exit', () => {
        stop();
        resolve('died');
      });
      // Ended just now: `exit` says so.
      child.send({ ...job, id }, () => {});
    });
    if (typeof outcome === 'string' || outcome.memory > memoryLimit) await this.end();
    return outcome;
  }

  #start(): ChildProcess {
    mkdirSync(this.#temporary, { recursive: true });
    this.trusted = new Set();
    const arch = process.arch === 'arm64' ? 'arm64' : 'x64';
    this.#child = fork(fileURLToPath(new URL('./worker/worker.ts', import.meta.url)), [this.#root], {
      cwd: this.#root,
      execPath: createRequire(import.meta.url).resolve(`node-linux-${arch}/bin/node`),
      execArgv: ['--disable-warning=ExperimentalWarning', '--max-old-space-size=2048'],
      env: {
        ...process.env,
        LONG_TESTS: 'yes',
        TMPDIR: this.#temporary,
        ...(this.#cache === undefined ? {} : { NODE_COMPILE_CACHE: this.#cache }),
      },
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    running.add(this.#child);
    return this.#child;
  }

  /** Ends the process, and lets go of what its tests have left. */
  async end(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child !== undefined) running.delete(child);
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      child.removeAllListeners();
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    }
    letGo(this.#temporary);
    rmSync(this.#temporary, { recursive: true, force: true });
  }
}
