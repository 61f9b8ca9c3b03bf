/**
 * The bundle on the Node.js of ARMv7 boards, by QEMU's user emulation: the npm package of package-lock.json, with the C
 * library of Debian's cross packages. A root of its own, which the phases of the configuration are applied in, holds these
 * and nothing else.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { architectures } from '../../../src/architectures.ts';
import { nodeFor } from '../../../src/build/node-package.ts';
import { workstationHost } from '../../../src/host/workstation/index.ts';

const project = join(import.meta.dirname, '../../..');
const emulator = '/usr/bin/qemu-arm-static';
const libraries = '/usr/arm-linux-gnueabihf/lib';

/** The path of the program; fetched as the build does. */
export function armv7Node(): Promise<string> {
  const context = {
    ...{ host: workstationHost(), emit: () => {}, signal: new AbortController().signal },
    ...{ cache: join(project, 'dist/cache'), tools: {} },
  };
  mkdirSync(context.cache, { recursive: true });
  return nodeFor(context, project, architectures.arm);
}

export async function makeBundle(folder: string): Promise<string> {
  const output = join(folder, 'opsctl.cjs');
  await execa(process.execPath, [join(project, 'scripts/bundle.ts'), '--output', output]);
  return output;
}

/** Keys that need no other program and no /proc: the root has neither. */
export const bootConfiguration = `hostname: board
ssh_authorized_keys:
  - ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHJvb3RAYQaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa a@example
bos:
  password: $6$abcdefgh$0123456789
  environment: {A: b}
  wifi: [{name: home, passphrase: hush-hush}]
  dns_nameservers: [192.0.2.1]
  server_url: https://192.0.2.2:6443
  token: secret
  labels: {a: b}
`;

/** To its end, whatever its exit code. */
export const onArmv7 = (node: string, args: readonly string[]) =>
  execa(emulator, ['-L', dirname(libraries), node, ...args], { reject: false, env: { NO_COLOR: '1' } });

export interface Board {
  readonly root: string;
  run(args: readonly string[]): ReturnType<typeof start>;
  read(path: string): string;
  write(path: string, content: string | Uint8Array): void;
}

const start = (root: string, args: readonly string[]) =>
  execa('/usr/bin/unshare', ['--map-root-user', `--root=${root}`, '/qemu', '/node', '/opsctl.cjs', ...args], {
    ...{ reject: false, extendEnv: false, env: { PATH: '/none', HOME: '/' } },
  });

/** As the initrd leaves a root: a live system without a medium. */
export function makeBoard(root: string, node: string, bundle: string): Board {
  for (const name of readdirSync(libraries))
    cpSync(realpathSync(join(libraries, name)), join(root, 'lib', name));
  for (const [from, to] of [
    [emulator, 'qemu'],
    [node, 'node'],
    [bundle, 'opsctl.cjs'],
  ] as const)
    cpSync(from, join(root, to));
  const write: Board['write'] = (path, content) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  const skeleton = {
    'etc/passwd': 'root:x:0:0:root:/root:/bin/bash\nbhojpur:x:0:0::/home/bhojpur:/bin/bash\n',
    'etc/shadow': 'root:!*:19000:0:99999:7:::\nbhojpur:!:19000:0:99999:7:::\n',
    'etc/hosts': '127.0.0.1 localhost\n',
    'etc/skel/.profile': 'umask 022\n',
    'proc/cmdline': 'quiet\n',
    'proc/self/mountinfo': '22 1 0:21 / / rw - tmpfs root rw\n',
    'proc/sys/kernel/hostname': '(none)',
    'usr/lib/bhojpur/var-template/lib/bhojpur/.keep': '',
    'run/bos/boot.json': '{"v":1,"mode":"live","state":""}',
    'tmp/.keep': '',
  };
  for (const [path, content] of Object.entries(skeleton)) write(path, content);
  return {
    root,
    run: (args) => start(root, args),
    read: (path) => readFileSync(join(root, path), 'utf8'),
    write,
  };
}

/**
 * The most memory that a program of the emulated machine held, in KiB: what lies below 4 GiB, as the emulator itself lies
 * above. Looked at while it runs, so that a shorter peak may be missed.
 */
export async function peakOf(child: { readonly pid?: number | undefined; then: unknown }): Promise<number> {
  let peak = 0;
  let running = true;
  const ended = Promise.resolve(child).then(() => {
    running = false;
  });
  while (running) {
    const path = `/proc/${child.pid}/smaps`;
    try {
      peak = Math.max(peak, existsSync(path) ? residentBelow(readFileSync(path, 'utf8')) : 0);
    } catch {
      // It has just ended.
    }
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 20))]);
  }
  return peak;
}

/** proc(5), /proc/PID/smaps. */
function residentBelow(text: string): number {
  let [sum, counts] = [0, false];
  for (const line of text.split('\n')) {
    const [, begin] = /^([0-9a-f]+)-[0-9a-f]+ /.exec(line) ?? [];
    if (begin !== undefined) counts = Number.parseInt(begin, 16) < 2 ** 32;
    const [, size] = /^Rss: +(\d+) kB/.exec(line) ?? [];
    if (counts && size !== undefined) sum += Number(size);
  }
  return sum;
}
