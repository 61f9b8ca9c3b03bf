/** install.sh on minimal systems that are not Bhojpur OS, with the real executable and the tools out of the real ISO. */
import { strict as assert } from 'node:assert';
import { basename, join } from 'node:path';
import type { Session } from '../../../src/vm/session.ts';
import { attachLoop } from '../../disk/loop-device.ts';
import { serveRanges } from '../../fakes/range-server.ts';
import { appears, bootLimit, diskFacts, fails, isoOn, ok, switchOff, target } from '../support/boots.ts';
import type { Fixture, SystemContext, SystemTest } from '../support/machines.ts';
import { mmdebstrap } from '../support/mmdebstrap.ts';
import { inside, whyNotInside } from '../support/other-systems/other-linux.ts';

export const issue = 5;

const minbase = 'Debian minbase';
/** Made by refusals.system.ts: a machine at its prompt, here any Linux. */
const live = 'live prompt, BIOS';
const releaseFiles = ['install.sh', 'opsctl-linux-amd64', 'sha256sum-amd64.txt', 'bos-amd64.iso'];
const config = 'hostname: from-minbase\nbos:\n  password: secret one\n';

export const fixtures: Fixture[] = [
  {
    name: minbase,
    seconds: 45,
    make: async (t) => {
      if ((await whyNotInside(t)) !== undefined) return;
      // For its wget, to which nothing leads yet.
      const options = ['--quiet', '--variant=minbase', '--include=busybox'];
      await mmdebstrap(t.host, [...options, 'bookworm', join(t.folder, 'root')]);
    },
  },
];

/** The release and a configuration on this machine's loopback, which the other system has too. */
async function published(t: SystemContext) {
  const files = releaseFiles.map((name) => [`/v1/${name}`, { file: join(t.artifacts, name) }] as const);
  const paths = { ...Object.fromEntries(files), '/config.yaml': Buffer.from(config) };
  return serveRanges({ paths });
}

/** Makes the live system one that is not Bhojpur OS and has none of the tools, and gives it a disk to work on. */
const becomeOther = (work: string) => `cat > /tmp/other.sh <<'END'
set -e
mkfs.ext4 -q ${work}
mkdir /run/work && mount ${work} /run/work
rm /run/bos/boot.json
mount -t tmpfs none /usr/lib/bhojpur
for tool in mke2fs mkfs.fat debugfs wipefs; do mount --bind /bin/false /usr/sbin/$tool; done
for tool in lsblk partx mtools; do mount --bind /bin/false /usr/bin/$tool; done
END
sudo sh /tmp/other.sh`;

/** Fetches install.sh into such a system; returns how it is called, up to DEVICE. */
async function installerIn(session: Session, work: string, from: string): Promise<string> {
  await ok(session, `${becomeOther(work)} && curl -fsSO ${from}/v1/install.sh`);
  await fails(session, 'lsblk', 1);
  return `sudo TMPDIR=/run/work sh install.sh --insecure --config ${from}/config.yaml`;
}

async function plug(t: SystemContext, session: Session, id: string) {
  const file = await t.emptyDisk(`${id}.img`, 3e9 - (3e9 % 4096));
  await session.plug({ id, file, bus: 'virtio', serial: id, cache: 'unsafe' });
  await appears(session, `/dev/disk/by-id/virtio-${id}`);
  return (await ok(session, `readlink -f /dev/disk/by-id/virtio-${id}`)).trim();
}

/** Bytes that were read from a block device, not from memory (Documentation/admin-guide/iostats.rst, field 3). */
async function bytesRead({ host }: SystemContext, device: string): Promise<number> {
  const text = await host.files.readText(`/sys/class/block/${basename(device)}/stat`);
  return Number(text.trim().split(/\s+/)[2]) * 512;
}

const said = ({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }) =>
  `${stdout}${stderr}`.replaceAll(/\s+/g, ' ');

export const tests: SystemTest[] = [
  {
    name: 'install.sh from a Debian minbase, BIOS',
    soak: true,
    seconds: 50,
    uses: [minbase],
    run: async (t) => {
      const reason = await whyNotInside(t);
      if (reason !== undefined) return t.log(`skipped: ${reason}`);
      const { files, processes } = t.host;
      const root = join(t.fixture(minbase), 'root');
      await files.copy(join(t.artifacts, 'install.sh'), `${root}/root/install.sh`);
      // The server of the test speaks http.
      const install = (...words: string[]) =>
        inside(t, root, '/bin/sh', '/root/install.sh', '--insecure', ...words);
      const missing = [
        'node',
        'python3',
        'parted',
        'sfdisk',
        'mkfs.fat',
        'mcopy',
        'grub-install',
        'curl',
        'wget',
      ];
      const found = await inside(t, root, 'sh', '-c', `command -v ${missing.join(' ')} || true`);
      assert.equal(found.stdout, '', 'the system is minimal');

      const disk = await target(t, 'virtio');
      const { device: loop, detach } = attachLoop(disk.file, ['--partscan']);
      const server = await published(t);
      const iso = `${server.url.replace(/[^/]*$/, '')}v1/bos-amd64.iso`;
      try {
        const none = await install(loop, iso);
        assert.equal(none.exitCode, 3);
        assert.match(said(none), /neither curl nor wget/);
        assert.deepEqual(server.asked, []);

        await files.symlink('busybox', `${root}/usr/bin/wget`);
        const own = await install('/dev/none', iso);
        assert.equal(own.exitCode, 3);
        assert.match(said(own), /warning: without --config .* \/dev\/none does not exist/);

        // What is mounted in there is gone with the command.
        const after = (mount: string, ...words: string[]) =>
          inside(
            t,
            root,
            'sh',
            '-c',
            `mount ${mount} && exec sh /root/install.sh --insecure "$@"`,
            'sh',
            ...words,
          );
        const container = await after('-t tmpfs none /dev', loop, iso);
        assert.equal(container.exitCode, 3, said(container));
        assert.match(said(container), /does not exist .* this container has no access to it/);
        const dry = await after('-t tmpfs -o noexec none /tmp', '--dry-run', loop, iso);
        assert.equal(dry.exitCode, 0, said(dry));
        assert.match(said(dry), /nothing was touched/i);

        // What is read back comes from the disk and not from memory, also without dd.
        await files.remove(`${root}/usr/bin/dd`);
        const before = await bytesRead(t, loop);
        const started = t.host.clock.monotonic();
        const done = await install('--config', `${new URL(iso).origin}/config.yaml`, loop, iso);
        assert.equal(done.exitCode, 0, said(done));
        assert.match(said(done), /is installed on \/dev\/loop/);
        const { size = 0 } = (await files.stat(isoOn(t, 'cd').file)) ?? {};
        assert.ok((await bytesRead(t, loop)) - before > 0.7 * size, 'what was read back came from the disk');
        t.log(`installed in ${Math.round(t.host.clock.monotonic() - started)} ms`);
        const left = await inside(
          t,
          root,
          'sh',
          '-c',
          'ls -A /tmp /var/tmp; ls -A /run/bos/target; ls /dev/shm',
        );
        assert.equal(left.stdout.replaceAll(/^\/.*:$/gm, '').trim(), '', 'nothing is left behind');

        // Mounted where the system cannot see it, as for a container.
        const held = join(t.folder, 'held');
        await files.makeDir(held);
        await processes.run('mount', ['-o', 'ro', `${loop}p3`, held]);
        try {
          const busy = await install('--config', `${new URL(iso).origin}/config.yaml`, loop, iso);
          assert.equal(busy.exitCode, 3, said(busy));
          assert.match(said(busy), /is in use, .* the kernel refuses exclusive access/);
        } finally {
          await processes.run('umount', [held]);
        }
      } finally {
        server.close();
        detach();
      }

      const installed = await t.start({ memory: 384, disks: [disk] });
      await installed.login('bhojpur', { ...bootLimit, password: 'secret one' });
      assert.equal((await ok(installed, 'hostname')).trim(), 'from-minbase');
      await switchOff(installed);
    },
  },
  {
    name: 'install.sh in a machine with udev and none of the tools',
    seconds: 90,
    soak: true,
    uses: [live],
    run: async (t) => {
      const session = await t.resume(join(t.fixture(live), 'state'));
      const work = await plug(t, session, 'work');
      const disk = await plug(t, session, 'system');
      const server = await published(t);
      const from = `http://10.0.2.2:${server.port}`;
      try {
        const install = await installerIn(session, work, from);
        await fails(
          session,
          `${install} ${work} ${from}/v1/bos-amd64.iso`,
          3,
          `${work} is in use`,
          '/run/work',
        );
        const done = await ok(session, `${install} ${disk} ${from}/v1/bos-amd64.iso`, 300_000);
        assert.match(done, /is installed on \/dev\/vd/);
        assert.equal((await ok(session, 'sudo ls /run/work')).trim(), 'lost+found');
        assert.equal((await ok(session, 'findmnt -no TARGET /run/bos/target || true')).trim(), '');
        // As it was before, the system says what the disk is.
        await ok(session, 'sudo umount /usr/lib/bhojpur /usr/sbin/* /usr/bin/* 2>/dev/null; true');
        assert.equal((await diskFacts(session, disk)).content, 'bhojpur');
      } finally {
        server.close();
      }
    },
  },
  {
    name: 'install.sh over another Linux that Secure Boot has started: the disk boots by its entry',
    seconds: 180,
    soak: true,
    run: async (t) => {
      const work = {
        id: 'work',
        file: await t.emptyDisk('work.img', 1e9),
        bus: 'virtio',
        cache: 'unsafe',
      } as const;
      const session = await t.start({
        ...{ firmware: 'secureboot', bootOrder: 'firmware', memory: 1024 },
        disks: [isoOn(t, 'cd'), work, await target(t, 'virtio')],
      });
      await session.login('bhojpur', bootLimit);
      const server = await published(t);
      const from = `http://10.0.2.2:${server.port}`;
      try {
        const install = await installerIn(session, '/dev/vda', from);
        const done = await ok(session, `${install} /dev/vdb ${from}/v1/bos-amd64.iso`, 400_000);
        assert.match(done, /is installed on \/dev\/vdb/);
      } finally {
        server.close();
      }
      session.type('sudo systemctl reboot\n');
      await session.login('bhojpur', { ...bootLimit, password: 'secret one' });
      assert.equal((await ok(session, 'hostname')).trim(), 'from-minbase');
      assert.match(await ok(session, 'opsctl status'), /mode disk/);
      assert.match(await ok(session, 'sudo cat /sys/kernel/security/lockdown'), /\[integrity\]/);
      await switchOff(session);
    },
  },
  {
    name: 'install.sh where there is musl and no glibc',
    seconds: 1,
    run: async (t) => {
      const reason = await whyNotInside(t);
      if (reason !== undefined) return t.log(`skipped: ${reason}`);
      const { files, processes } = t.host;
      const root = join(t.folder, 'musl');
      for (const name of ['bin', 'lib', 'usr/bin', 'root', 'tmp']) await files.makeDir(`${root}/${name}`);
      await files.copy('/bin/busybox', `${root}/bin/busybox`);
      await processes.run('chroot', [root, '/bin/busybox', '--install', '-s', '/bin']);
      await files.symlink('/bin/env', `${root}/usr/bin/env`);
      // The loader of musl is its C library: this is all that a musl system has of it.
      const loader = await files.realPath('/lib/ld-musl-x86_64.so.1');
      await files.copy(loader, `${root}/lib/ld-musl-x86_64.so.1`);
      await files.copy(join(t.artifacts, 'install.sh'), `${root}/root/install.sh`);
      const server = await published(t);
      try {
        const iso = `${server.url.replace(/[^/]*$/, '')}v1/bos-amd64.iso`;
        const refused = await inside(t, root, '/bin/sh', '/root/install.sh', '/dev/vda', iso);
        assert.equal(refused.exitCode, 3, said(refused));
        assert.match(
          said(refused),
          /has musl \(\/lib\/ld-musl-x86_64\.so\.1\) and no glibc .* needs the GNU C library .* libstdc\+\+\.so\.6 hint: Boot the Bhojpur OS ISO/,
        );
        assert.deepEqual(server.asked, [], 'nothing is fetched');
      } finally {
        server.close();
      }
    },
  },
];
