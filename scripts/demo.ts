/**
 * The main job, shown: installs what `make` built onto an empty virtual disk, unattended, boots that disk to its
 * login, and says how to log in to the machine, which goes on running until Enter or Ctrl-C (with a terminal) or
 * ends at once (without).
 */
import { join, relative } from 'node:path';
import { architectures } from '../src/architectures.ts';
import { workstationHost } from '../src/host/workstation/index.ts';
import { artifactNames } from '../src/vm/boot-files.ts';
import { startsBy } from '../src/vm/machine.ts';
import { fromProfile } from '../src/vm/profiles.ts';
import type { Session } from '../src/vm/session.ts';
import { start } from '../src/vm/start.ts';

const root = join(import.meta.dirname, '..');
const artifacts = join(root, 'dist/artifacts');
const folder = join(root, 'dist/demo');
const disk = join(folder, 'disk.img');
const password = 'bhojpur';
/** As it is typed where `make` was. */
const shownDisk = relative(process.cwd(), disk);
/** Each demo's disk has a host key of its own: one that ssh remembered would be refused the next time. */
const sshTo = (port: number) => `ssh -p ${port} -o UserKnownHostsFile=/dev/null bhojpur@127.0.0.1`;
const host = workstationHost();
const say = (line: string) => process.stdout.write(`${line}\n`);
const { arch } = host.system;
const names = artifactNames(arch);
const firmware = startsBy(arch)[0] ?? 'bios';
const limit = { timeoutMs: 300_000 };

await host.files.makeDir(folder);
await host.processes.run('truncate', ['-s', '0', disk]);
await host.processes.run('truncate', ['-s', '8G', disk]);

say('Installing Bhojpur OS onto an empty virtual disk of 8 GB, unattended:');
const target = { id: 'disk', file: disk, bus: 'virtio', serial: 'demo' } as const;
const installer = await start(
  fromProfile(firmware, {
    arch,
    name: 'demo-install',
    disks: [target],
    kernel: {
      kernel: join(artifacts, names.kernel),
      initrd: join(artifacts, names.initrd),
      append: [
        ...[
          `console=${architectures[arch].serial}`,
          'quiet',
          'rootfstype=ramfs',
          'bos.mode=install',
          'bos.install.silent',
        ],
        ...[
          'bos.install.device=/dev/vda',
          'bos.install.power_off',
          `bos.password=${password}`,
          'hostname=demo',
        ],
      ].join(' '),
    },
  }),
  host,
);
await shown(installer, async () => {
  const { before } = await installer.awaitText(/Bhojpur OS [^ ]+ is installed on [^\n]*/, limit);
  for (const line of before.split('\n').filter((each) => each.trim() !== '')) say(`  ${line.trimEnd()}`);
  await installer.awaitExit(120_000);
  say(
    `  installed in ${Math.round(installer.mark('installed') / 1000)} s, the boot of the installer included`,
  );
});

say('Booting the disk:');
const sshPort = await host.sockets.freePort();
const machine = await start(
  fromProfile(firmware, { arch, name: 'demo', disks: [target], network: { isolated: false, sshPort } }),
  host,
);
await shown(machine, async () => {
  await machine.login('bhojpur', { ...limit, password });
  say(`  login after ${Math.round(machine.mark('login') / 1000)} s`);
  const { stdout } = await machine.run(
    '. /etc/os-release; echo "$PRETTY_NAME on Linux $(uname -r), host $(uname -n)"',
  );
  say(`  ${stdout.trim()}`);
});

say('');
say(`The disk is ${shownDisk}. Boot it again, in this terminal (Ctrl-A x quits), with:`);
say(`    bin/opsctl vm run ${shownDisk} --ssh-port 2222`);
say(`and log in at its console as bhojpur, password ${password}, or over ssh:`);
say(`    ${sshTo(2222)}`);
if (process.stdin.isTTY) {
  say('');
  say(`The machine runs now as well: ${sshTo(sshPort)}`);
  say('Press Enter to switch it off.');
  await new Promise((resolve) => process.stdin.once('data', resolve));
  process.stdin.pause();
}
await shown(machine, async () => void (await machine.powerDown()));
await machine.close();

/** Runs `work`; when it fails, keeps the machine's logs and says where they are. */
async function shown(session: Session, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    await session.close({ keep: true });
    say(`The demo failed; the machine's logs are in ${session.logFolder}.`);
    throw error;
  }
  if (session === installer) await session.close();
}
