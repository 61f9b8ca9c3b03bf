/** Where programs are found, and the environment they are given. */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type OpsError, refused } from '../../errors.ts';

/** Where system tools live that a normal user's PATH may lack. */
const systemFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

function searchPath(): string[] {
  const own = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return [...new Set([...own, ...systemFolders])];
}

/** Passed on when set: where temporary files go, and the proxy that downloads need. */
const passedOn = ['TMPDIR', 'http_proxy', 'https_proxy', 'ftp_proxy', 'no_proxy'];

/** A small clean environment with `extra`; `terminal` says whether the program has the terminal of this one. */
export function environment(
  extra: Readonly<Record<string, string>> | undefined,
  terminal: boolean,
): Record<string, string> {
  const env: Record<string, string> = {
    PATH: searchPath().join(delimiter),
    HOME: process.env.HOME ?? '/root',
    LC_ALL: 'C.UTF-8',
  };
  for (const name of terminal ? [...passedOn, 'TERM'] : passedOn) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  return { ...env, ...extra };
}

/** The path of a program; undefined when there is none that may be executed. */
export function findProgram(command: string): string | undefined {
  const candidates = command.includes('/') ? [command] : searchPath().map((folder) => join(folder, command));
  return candidates.find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

export function missingProgram(command: string): OpsError {
  return refused('tool-missing', `The program ${command} is not installed`, {
    hint: `Install the Debian package that has it (apt-file search bin/${command}), or run "make".`,
  });
}

/** What ends children of this process when it ends itself. */
const endings = new Set<() => void>();
process.once('exit', () => {
  for (const end of endings) end();
});

/** Calls `end` when this process ends before the returned function was called. */
export function atExit(end: () => void): () => void {
  endings.add(end);
  return () => void endings.delete(end);
}

/** An exit handler does not run when this process is killed; the kernel's parent-death signal does. */
export function dyingWithParent(program: string, args: readonly string[]): [string, string[]] {
  const setpriv = findProgram('setpriv');
  return setpriv === undefined
    ? [program, [...args]]
    : [setpriv, ['--pdeathsig', 'KILL', '--', program, ...args]];
}
