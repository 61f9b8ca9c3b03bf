/** A temporary root that looks like the OS when the initrd is done with it, and a host whose tools are recorded. */
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { linuxHost } from '../../src/host/linux/index.ts';
import type { Host, Http, RunOptions } from '../../src/host/ports.ts';
import { type Effect, lineOf, notedFiles, notedProcesses } from '../fakes/effects.ts';

export const real = linuxHost();

export interface FakeRoot {
  readonly root: string;
  readonly host: Host;
  /** Command lines so far, with the root written as ROOT. */
  readonly ran: string[];
  /** What became of files and which programs ran, in order, as in `replace ROOT/etc/hostname 0644`. */
  readonly effects: string[];
  /** Replaces what a URL answers; others are unreachable. */
  readonly urls: Map<string, string>;
  /** Programs that fail when they are run. */
  readonly failing: Set<string>;
  read(path: string): Promise<string>;
  write(path: string, text: string): Promise<void>;
  /** Permission bits in octal. */
  mode(path: string): Promise<string>;
}

/** These need a real machine; all other tools really run. */
const recordedOnly = ['mount', 'sync', 'chown'];

const uid = real.system.uid;

export async function fakeRoot(
  t: ExecutionContext,
  boot: Readonly<Record<string, string>> = {},
): Promise<FakeRoot> {
  const { files, processes } = real;
  const root = await files.makeTempDir('bos-root-');
  t.teardown(() => files.remove(root));
  const ran: string[] = [];
  const effects: string[] = [];
  const note = (effect: Effect) => void effects.push(lineOf(effect).replaceAll(root, 'ROOT'));
  const urls = new Map<string, string>();
  const failing = new Set<string>();
  const http: Http = {
    get: async (url) => {
      const body = urls.get(url);
      if (body === undefined) throw new Error(`${url} is unreachable`);
      return { status: 200, headers: {}, body: Buffer.from(body) };
    },
    download: () => Promise.reject(new Error('nothing downloads here')),
    open: () => Promise.reject(new Error('nothing is opened here')),
    using: () => http,
  };
  const run = async (command: string, args: readonly string[], options?: RunOptions) => {
    ran.push([command, ...args].join(' ').replaceAll(root, 'ROOT'));
    if (failing.has(command)) throw new Error(`${command} failed`);
    if (recordedOnly.includes(command)) return { exitCode: 0, stdout: '', stderr: '' };
    return processes.run(command, args, options);
  };
  const host: Host = {
    ...real,
    http,
    files: notedFiles(files, note),
    processes: notedProcesses({ ...processes, run }, note),
  };
  const write = async (path: string, text: string) => {
    await files.makeDir(join(root, path, '..'));
    await files.write(join(root, path), text);
  };
  const skeleton: Readonly<Record<string, string>> = {
    // The files' owner is whoever runs the tests.
    'etc/passwd': `root:x:0:0:root:/root:/bin/bash\nbhojpur:x:${uid}:${uid}::/home/bhojpur:/bin/bash\n`,
    'etc/shadow': 'root:!*:19000:0:99999:7:::\nbhojpur:!:19000:0:99999:7:::\nsshd:!:19000::::::\n',
    'etc/hosts': '127.0.0.1 localhost\n127.0.1.1 old\n',
    'etc/skel/.profile': 'umask 022\n',
    'proc/cmdline': 'quiet\n',
    'proc/self/mountinfo': '22 1 0:21 / / rw - tmpfs root rw\n23 22 0:22 / /usr ro - squashfs a\\040b ro\n',
    'proc/sys/kernel/hostname': '(none)',
    'usr/lib/bhojpur/var-template/lib/bhojpur/.keep': '',
    'run/bos/boot.json': JSON.stringify({ v: 1, mode: 'live', state: '', ...boot }),
  };
  for (const [path, text] of Object.entries(skeleton)) await write(path, text);
  return {
    root,
    host,
    ran,
    effects,
    urls,
    failing,
    write,
    read: (path) => files.readText(join(root, path)),
    mode: async (path) => ((await files.stat(join(root, path)))?.mode ?? 0).toString(8),
  };
}
