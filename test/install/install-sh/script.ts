/** Runs install.sh as root of a Linux that has nothing on PATH but what it says it needs. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { sha256Of } from '../../../src/host/digest.ts';
import { temporaryFolder, tool } from '../../formats/support.ts';

export const script = new URL('../../../install/install.sh', import.meta.url).pathname;

export const shells: Readonly<Record<string, readonly string[]>> = {
  dash: ['/bin/dash'],
  'busybox ash': ['/bin/busybox', 'ash'],
  bash: ['/bin/bash', '--posix'],
};
/** All that it may run, beside what fetches. */
const programs = ['cat', 'chmod', 'cp', 'df', 'mkdir', 'rm', 'sha256sum'];
/** Where this machine has a program; asked once, since every run of the script has eight of them. */
const places = new Map<string, string>();
const placeOf = (name: string): string => {
  const place = places.get(name) ?? tool('sh', '-c', `command -v ${name}`).trim();
  places.set(name, place);
  return place;
};

export const installer = `#!/bin/sh
[ "$1" != --version ] || { echo 0.1.0; exit 0; }
for word; do echo "<$word>"; done
echo "TMPDIR $TMPDIR"
exit 7
`;

export interface Setting {
  readonly shell?: string;
  /** Beside `programs`; curl when left out. */
  readonly fetchers?: readonly string[];
  /** Commands of this machine that say something else, as shell scripts; undefined: not there. */
  readonly commands?: Readonly<Record<string, string | undefined>>;
  readonly tmp?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** What is left in the folder for temporary files. */
  readonly left: string[];
}

/** Runs the script with these words as root of an x86_64 Linux. */
export async function run(
  t: ExecutionContext,
  words: readonly string[],
  setting: Setting = {},
): Promise<Ended> {
  const folder = temporaryFolder(t);
  const [bin, tmp] = [join(folder, 'bin'), setting.tmp ?? join(folder, 'tmp')];
  for (const path of [bin, tmp]) mkdirSync(path, { recursive: true });
  const commands: NonNullable<Setting['commands']> = {
    id: 'echo 0',
    uname: '[ "$1" = -s ] && echo Linux || echo x86_64',
    ...setting.commands,
  };
  for (const name of [...programs, ...(setting.fetchers ?? ['curl'])])
    if (!(name in commands)) symlinkSync(placeOf(name), join(bin, name));
  for (const [name, body] of Object.entries(commands))
    if (body !== undefined) writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  const [shell = '', ...before] = shells[setting.shell ?? 'dash'] ?? [];
  const child = spawn(shell, [...before, script, ...words], {
    env: { PATH: bin, TMPDIR: tmp, ...setting.env },
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (piece) => {
    out += piece;
  });
  child.stderr.on('data', (piece) => {
    err += piece;
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, out, err, left: existsSync(tmp) ? readdirSync(tmp) : [] };
}

export const release = (more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  'opsctl-linux-amd64': installer,
  'sha256sum-amd64.txt': `${'0'.repeat(64)}  bos-amd64.iso\n${sha256Of(installer)}  opsctl-linux-amd64\n`,
  ...more,
});
