/** A terminal and a world that keep what was written, for tests that run the program in this process. */
import type { CommandDefinition, Terminal } from '../../../../src/cli/command.ts';
import { run } from '../../../../src/cli/run.ts';
import type { Host } from '../../../../src/host/ports.ts';

export interface FakeTerminal extends Terminal {
  readonly written: { out: string; err: string };
}

export function fakeTerminal(options: Partial<Terminal> = {}): FakeTerminal {
  const written = { out: '', err: '' };
  return {
    stdinIsTty: false,
    stdoutIsTty: false,
    stderrIsTty: false,
    columns: 80,
    color: false,
    ...options,
    written,
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
  };
}

export interface FakeWorld {
  readonly commands: readonly CommandDefinition[];
  /** The machine; when left out, one that has a clock and `boot` alone. */
  readonly host?: Host;
  /** What /run/bos/boot.json holds; no Bhojpur OS when left out. */
  readonly boot?: string;
  readonly terminal?: Partial<Terminal>;
  readonly signal?: AbortSignal;
}

/** Runs one command line to its end. */
export async function runProgram(argv: readonly string[], world: FakeWorld) {
  const terminal = fakeTerminal(world.terminal);
  const host = world.host ?? nearlyNothing(world.boot);
  const signal = world.signal ?? new AbortController().signal;
  const exitCode = await run(argv, { terminal, commands: world.commands, host, signal });
  return { exitCode, ...terminal.written };
}

const nearlyNothing = (boot: string | undefined) =>
  ({
    clock: { now: () => 1_700_000_000_000 },
    files: {
      readText: async (path: string) => {
        if (path === '/run/bos/boot.json' && boot !== undefined) return boot;
        throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
      },
    },
  }) as unknown as Host;
