/** Gives jobs of the system tests their machines and folders, and takes them back. */
import { join } from 'node:path';
import { OpsError } from '../../src/errors.ts';
import type { Host } from '../../src/host/ports.ts';
import { startsBy } from '../../src/vm/machine.ts';
import { fromProfile } from '../../src/vm/profiles.ts';
import { resume } from '../../src/vm/saved-state.ts';
import type { Session } from '../../src/vm/session.ts';
import { start } from '../../src/vm/start.ts';
import type { SystemContext } from '../../test/system/support/machines.ts';
import type { Job } from './plan.ts';

export interface SystemMachinesOptions {
  readonly host: Host;
  readonly artifacts: string;
  /** How many jobs run at a time; one that runs alone has all processors. */
  readonly workers: number;
  /** Where the logs of failures go. */
  readonly logs: string;
  readonly print: (line: string) => void;
}

/** A job that takes this many times its declared seconds hangs. */
const patience = 5;
const leastLimitMs = 60_000;

export class SystemMachines {
  readonly #options: SystemMachinesOptions;
  /** Folders of fixtures, by name; they last until `close`. */
  readonly #fixtures = new Map<string, string>();
  /** What tests counted, by the name of the test. */
  readonly figures = new Map<string, Map<string, number>>();
  readonly #sessions = new Set<Session>();
  readonly #folders = new Set<string>();

  constructor(options: SystemMachinesOptions) {
    this.#options = options;
  }

  /** Runs a job with machines of its own, and ends them. Throws what the job throws, or `test-hangs`. */
  async perform(job: Job): Promise<void> {
    const { host, print } = this.#options;
    const folder = await host.files.makeTempDir('bos-system-');
    this.#folders.add(folder);
    const sessions: Session[] = [];
    const limitMs = Math.max(leastLimitMs, job.seconds * 1000 * patience);
    const over = new AbortController();
    let failed = true;
    try {
      await Promise.race([
        job.work(this.#context(job, folder, sessions)),
        host.clock.sleep(limitMs, over.signal).then(() => {
          throw new OpsError('undone', 'test-hangs', `it still ran after ${limitMs / 1000} s`, {
            details: sessions.flatMap((session) => session.console.tail()),
          });
        }),
      ]);
      failed = false;
      if (job.kind === 'fixture') this.#fixtures.set(job.name, folder);
    } finally {
      over.abort();
      for (const session of sessions) {
        await session.close({ keep: failed });
        this.#sessions.delete(session);
        if (failed && (await host.files.exists(session.logFolder))) {
          print(`        logs: ${session.logFolder}`);
        }
      }
      if (failed || job.kind === 'test') await this.#remove(folder);
    }
  }

  /** Ends what still runs and removes every folder. */
  async close(): Promise<void> {
    await Promise.all([...this.#sessions].map((session) => session.close()));
    for (const folder of this.#folders) await this.#remove(folder);
  }

  async #remove(folder: string): Promise<void> {
    await this.#options.host.files.remove(folder);
    this.#folders.delete(folder);
  }

  #context(job: Job, folder: string, sessions: Session[]): SystemContext {
    const { host, artifacts, logs, print, workers } = this.#options;
    // More virtual processors than there are real ones wait for each other: a boot then takes a third longer.
    const cpus = Math.max(1, Math.floor(host.system.cpus / (job.alone ? 1 : workers)));
    const name = () => {
      const words = job.name.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, '');
      return sessions.length === 0 ? words : `${words}-${sessions.length + 1}`;
    };
    const own = (session: Session) => {
      sessions.push(session);
      this.#sessions.add(session);
      return session;
    };
    return {
      host,
      artifacts,
      folder,
      start: async (input) => {
        const spec = fromProfile(input.firmware ?? startsBy(input.arch ?? 'amd64')[0] ?? 'bios', {
          name: name(),
          cpus,
          ...input,
        });
        return own(await start(spec, host, { logs }));
      },
      resume: async (state, changes = {}) =>
        own(await resume(state, host, { name: name(), ...changes }, { logs })),
      fixture: (wanted) => {
        const found = job.after.includes(wanted) ? this.#fixtures.get(wanted) : undefined;
        if (found === undefined) throw new Error(`"${job.name}" does not name "${wanted}" in its uses`);
        return found;
      },
      emptyDisk: async (file, size) => {
        const path = join(folder, file);
        const disk = await host.files.open(path, 'w');
        try {
          await disk.write(size - 1, new Uint8Array(1));
        } finally {
          await disk.close();
        }
        return path;
      },
      log: (line) => print(`        ${job.name}: ${line}`),
      figure: (name, value) => {
        const own = this.figures.get(job.name) ?? new Map<string, number>();
        this.figures.set(job.name, own.set(name, value));
      },
    };
  }
}
