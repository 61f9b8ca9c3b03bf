/** Takes down what a serial console shows while a person would type, and makes an asciicast and a picture of it. */
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import type { Host } from '../../src/host/ports.ts';
import type { Session } from '../../src/vm/session.ts';
import { castOf } from './cast.ts';
import { type Frame, framesOf, type Output } from './screen.ts';
import { svgOf } from './svg.ts';

/** How the times of a recording are shortened from a moment on. */
interface Pace {
  readonly from: number;
  /** How many times faster than it was. */
  readonly speed: number;
  /** Longer pauses become this long, milliseconds. */
  readonly longest: number;
}

export interface Recording {
  /** Of the files, without an ending. */
  readonly name: string;
  readonly title: string;
  /** In the frame that is shown where nothing moves. */
  readonly still: string;
  perform(recorder: Recorder): Promise<void>;
}

export interface Account {
  readonly user: string;
  readonly password: string;
}

/** The one of the systems that are recorded. */
export const account: Account = { user: 'bhojpur', password: 'correct horse' };
/** For what a machine does on its way up or down. */
export const boot = { timeoutMs: 300_000 };
const columns = 90;
/** How long the end stays, milliseconds. */
const lastMs = 4000;

export class Recorder {
  readonly host: Host;
  /** The artifacts that are shown. */
  readonly artifacts: string;
  /** For disks; gone afterwards. */
  readonly folder: string;
  readonly #begin: number;
  readonly #outputs: Output[] = [];
  readonly #paces: Pace[] = [{ from: 0, speed: 1, longest: 400 }];

  constructor(host: Host, artifacts: string, folder: string) {
    this.host = host;
    this.artifacts = artifacts;
    this.folder = folder;
    this.#begin = host.clock.monotonic();
  }

  /** The same host, noting what comes over the console's socket and when. */
  get listening(): Host {
    const { host } = this;
    return {
      ...host,
      sockets: {
        ...host.sockets,
        connectUnix: async (path) => {
          const socket = await host.sockets.connectUnix(path);
          const decoder = new StringDecoder('utf8');
          if (path.endsWith('console.sock'))
            socket.on('data', (chunk: Buffer) =>
              this.#outputs.push({ time: this.#now(), text: decoder.write(chunk) }),
            );
          return socket;
        },
      },
    };
  }

  /** From now on so many times faster, and no pause longer than this. */
  pace(speed: number, longest: number): void {
    this.#paces.push({ from: this.#now(), speed, longest });
  }

  pause(ms: number): Promise<void> {
    return this.host.clock.sleep(ms);
  }

  /** As a person types. */
  async type(session: Session, text: string): Promise<void> {
    for (const key of text) {
      await this.pause(key === '\r' || key === '\n' ? 350 : 70);
      session.type(key);
    }
  }

  /** Waits for the login prompt, and logs in. */
  async logIn(session: Session, { user, password }: Account): Promise<void> {
    await session.awaitText(/login: $/, boot);
    this.pace(1, 1500);
    await this.type(session, `${user}\n`);
    await session.awaitText(/[Pp]assword: $/, boot);
    await this.type(session, `${password}\n`);
    await session.awaitText(/[$] $/, boot);
  }

  /** Writes NAME.cast and NAME.svg below `output`; resolves with what to say of them. */
  async write(output: string, { name, title, still }: Recording): Promise<string> {
    const shown: readonly Frame[] = await framesOf(shortened(this.#outputs, this.#paces), columns);
    const at = shown.findLastIndex(({ rows }) =>
      rows.some((row) => row.some(({ text }) => text.includes(still))),
    );
    const { files } = this.host;
    await files.makeDir(output);
    const texts = {
      [`${name}.cast`]: castOf(shown, { title, lastMs }),
      [`${name}.svg`]: svgOf(shown, { title, lastMs, still: Math.max(0, at) }),
    };
    const said: string[] = [];
    for (const [file, text] of Object.entries(texts)) {
      await files.write(join(output, file), text);
      said.push(`${join(output, file)}: ${Math.ceil(text.length / 1000)} kB\n`);
    }
    return `${said.join('')}${shown.length} frames, ${Math.round((shown.at(-1)?.time ?? 0) / 1000)} s\n`;
  }

  #now(): number {
    return this.host.clock.monotonic() - this.#begin;
  }
}

function shortened(recorded: readonly Output[], changes: readonly Pace[]): Output[] {
  let time = 0;
  let before = recorded[0]?.time ?? 0;
  return recorded.map((output) => {
    const { speed, longest } = changes.findLast(({ from }) => from <= output.time) ?? {
      speed: 1,
      longest: 1000,
    };
    time += Math.min((output.time - before) / speed, longest);
    before = output.time;
    return { time: Math.round(time), text: output.text };
  });
}
