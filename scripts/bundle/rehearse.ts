/**
 * Goes the ways through a bundle whose speed matters, so that V8 compiles what lies on them: the three phases of a
 * boot with a configuration that has every key, in a folder that looks like a root, what an installation checks and
 * plans, kernel arguments that go into an ISO or into a disk image, and user-data onto an installer. No tool runs but Node.js itself, nothing is
 * asked of the network, and nothing depends on the machine or on who does this.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type * as bundled from '../../src/cli/bundle-entry.ts';
import type { Terminal } from '../../src/cli/command.ts';
import type { Host } from '../../src/host/ports.ts';
import { fullConfig } from '../../test/system/support/full-config.ts';

const config = `${fullConfig}init_cmd: ["true"]\nboot_cmd: ["true"]\nrun_cmd: ["true"]\n`;

/** Our menu on an ISO with the trees and tables of ours, by xorriso. */
const smallIso = join(import.meta.dirname, 'rehearsal.iso.gz');

/** A disk of 4 MiB with an EFI system partition of 1 MiB, by sfdisk and mtools, that holds the settings of an image. */
const smallImage = join(import.meta.dirname, 'rehearsal.img.gz');

/** The recorded facts of a machine. */
const machine = join(import.meta.dirname, '../../test/install/recorded/machines/nvme-and-usb-stick.json');

const skeleton: Readonly<Record<string, string>> = {
  'etc/passwd': 'root:x:0:0:root:/root:/bin/bash\nbhojpur:x:1000:1000::/home/bhojpur:/bin/bash\n',
  'etc/shadow': 'root:!*:19000:0:99999:7:::\nbhojpur:!:19000:0:99999:7:::\n',
  'etc/hosts': '127.0.0.1 localhost\n',
  'etc/skel/.profile': 'umask 022\n',
  'proc/cmdline': 'quiet console=ttyS0 bos.mode=live bos.labels=a=b\n',
  'proc/self/mountinfo': '22 1 0:21 / / rw - tmpfs root rw\n23 22 0:22 / /usr ro - squashfs /dev/loop0 ro\n',
  'proc/sys/kernel/hostname': '(none)',
  'usr/lib/bhojpur/var-template/lib/bhojpur/.keep': '',
  'run/bos/boot.json': JSON.stringify({ v: 1, mode: 'live', state: '', os: '1', dcp: '' }),
  'bos/system/config.yaml': config,
};

/** Of what people write into user-data of an edge host. */
const edgeUserData = `#cloud-config
stylus:
  site:
    paletteEndpoint: palette.example.com
    edgeHostToken: token
    tags: {a: b}
    network: {interfaces: {eth0: {type: static, ipAddress: 10.0.0.2/24, gateway: 10.0.0.1}}}
  externalRegistries: {registries: [{domain: r.example.com, username: a, password: b}]}
install: {reboot: true}
stages: {initramfs: [{name: a, users: {a: {passwd: b}}}]}
`;

const terminal: Terminal = {
  ...{ stdinIsTty: false, stdoutIsTty: false, stderrIsTty: false, columns: 80, color: false },
  out: () => {},
  err: () => {},
};

/** What a part of the bundle exports that runs the phases. */
type WithPhases = Pick<typeof bundled, 'linuxHost' | 'loadPhases'>;

/** A folder that looks like a root, for as long as `work` takes. */
async function inRoot(work: (root: string) => Promise<void>): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'bos-rehearsal-'));
  try {
    for (const [path, text] of Object.entries(skeleton)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
    await work(root);
  } finally {
    await rm(root, { recursive: true });
  }
}

async function runPhases({ linuxHost, loadPhases }: WithPhases, root: string): Promise<void> {
  const real = linuxHost();
  await real.processes.run(process.execPath, ['--eval', '0']);
  const host = rehearsalHost(real);
  const { runPhases } = await loadPhases();
  const print = () => {};
  await runPhases(host, { phases: ['initrd', 'boot'], root, print });
  await runPhases(host, { phases: ['runtime'], root, print });
}

/** `part` is what the part for the phases of a boot exports. */
export const rehearsePhases = (part: WithPhases): Promise<void> => inRoot((root) => runPhases(part, root));

/** `bundle` is what our own part of the bundle exports. */
export async function rehearse(bundle: typeof bundled): Promise<void> {
  await inRoot(async (root) => {
    await runPhases(bundle, root);
    await bundle.runCommand(['config', 'validate', join(root, 'bos/system/config.yaml')], terminal);
    const plan = ['install', '--facts', machine, '--dry-run', '--json', '--allow-no-login'];
    const code = await bundle.runCommand(plan, terminal);
    if (code !== 0) throw new Error(`the rehearsal of an installation ended with ${code}`);
    const userData = join(root, 'user-data');
    await writeFile(userData, edgeUserData);
    for (const [packed, group, name, ...change] of [
      [smallIso, 'iso', 'remaster', '--append-karg', 'a=b'],
      [smallImage, 'image', 'edit', '--append-karg', 'a=b'],
      [smallIso, 'edge', 'iso', '--force', '--user-data', userData],
    ] as const) {
      const path = join(root, 'rehearsal');
      await writeFile(path, gunzipSync(await readFile(packed)));
      // Without the writing, whose order of compilation is another each time.
      const changed = await bundle.runCommand([group, name, path, ...change, '--dry-run'], terminal);
      if (changed !== 0) throw new Error(`the rehearsal of ${group} ${name} ended with ${changed}`);
    }
  });
}

/** Its tools do nothing, and every file may be given to everybody. */
function rehearsalHost(host: Host): Host {
  const run = async () => ({ exitCode: 0, stdout: '', stderr: '' });
  return {
    ...host,
    files: { ...host.files, chown: async () => {} },
    processes: { ...host.processes, run },
  };
}
