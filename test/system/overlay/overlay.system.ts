/**
 * Over a board's own system: a Debian with its own kernel in an image gets Bhojpur OS by the documented tar command or by
 * `opsctl install --overlay`, starts it twice with its configuration, and starts its old system again.
 */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import type { ArchitectureName } from '../../../src/architectures.ts';
import { probeExt4 } from '../../../src/formats/filesystems/ext4.ts';
import type { Session } from '../../../src/vm/session.ts';
import { type Board, boardOf, makeBoard, startOf } from '../support/board.ts';
import { bootLimit, ended, ok, switchOff } from '../support/boots.ts';
import type { Fixture, SystemContext, SystemTest } from '../support/machines.ts';

export const issue = 17;

const password = 'on the board';
const config = `hostname: board1\nbos:\n  password: ${password}\n  environment: {WAY: overlay}\n`;
const boardName = (arch: ArchitectureName) => `a board of ${arch}`;

const tarball = (t: SystemContext, arch: ArchitectureName) => join(t.artifacts, `bos-rootfs-${arch}.tar.gz`);

/** By the command line that a person types, with the system under test. */
async function overlayImage(t: SystemContext, { image, arch }: Board): Promise<void> {
  const file = join(t.folder, 'config.yaml');
  await t.host.files.write(file, config);
  await t.host.processes.run(join(process.cwd(), 'bin/opsctl'), [
    ...['install', '--overlay', image, tarball(t, arch), '--config', file, '--silent'],
    ...['--cmdline', 'root=/dev/vda ro'],
  ]);
}

/** In a mounted copy, as it is documented for a running board. */
async function overlayByTar(t: SystemContext, { image, arch }: Board, more = ''): Promise<void> {
  const script =
    'set -e; mkdir -p "$1"; mount -o loop "$2" "$1"; trap \'umount "$1"\' EXIT; ' +
    'cat "$3" | tar zxf - --strip-components=1 -C "$1"; cp "$4" "$1/bos/system/config.yaml"; sync; ' +
    more;
  const file = join(t.folder, 'config.yaml');
  await t.host.files.write(file, config);
  await t.host.processes.run('sh', [
    '-c',
    script,
    'sh',
    join(t.folder, 'card'),
    image,
    tarball(t, arch),
    file,
  ]);
}

/** Bhojpur OS runs, with its configuration, on the kernel of the board. */
async function isUp(session: Session): Promise<void> {
  await session.login('bhojpur', { ...bootLimit, password });
  assert.equal((await ok(session, 'cat /proc/sys/kernel/hostname')).trim(), 'board1');
  assert.match(await ok(session, 'sudo cat /etc/environment'), /^WAY=.?overlay/m);
  const boot = JSON.parse(await ok(session, 'cat /run/bos/boot.json'));
  assert.deepEqual([boot.mode, boot.kernel, boot.state], ['local', 'board', '/dev/vda']);
  await ok(session, 'test -e /lib/modules/$(uname -r)/modules.dep');
  assert.equal((await ok(session, 'systemctl --failed --no-legend --plain')).trim(), '');
}

async function isClean({ image }: Board, t: SystemContext): Promise<void> {
  const file = await t.host.files.open(image, 'r');
  try {
    assert.equal((await probeExt4(file))?.state, 'clean');
  } finally {
    await file.close();
  }
}

/** The systemd of the board says what it starts. */
const oldSystem = /Welcome to .*Debian GNU\/Linux/;

/** `memory` is the machine's, in MiB. */
const byImage = (arch: ArchitectureName, seconds: number, soak: boolean, memory: number): SystemTest => ({
  name: `overlay: an image of ${arch} gets the system, and starts it twice, on a root that is read-only at first`,
  seconds,
  uses: [boardName(arch)],
  soak,
  run: async (t) => {
    const board = await boardOf(t, boardName(arch), arch);
    await overlayImage(t, board);
    const machine = { ...startOf(board, 'ro', 'quiet'), memory };
    const first = await t.start(machine);
    await isUp(first);
    t.log(
      `${first.mark('login')} ms to login, ${(await ok(first, 'grep MemAvailable /proc/meminfo')).trim()}`,
    );
    await ok(first, 'sudo grep bos_mark=valid /bos/system/grub/grubenv');
    const id = await ok(first, 'cat /etc/machine-id; echo kept > ~/note; sync');
    await switchOff(first);
    await isClean(board, t);

    const second = await t.start(machine);
    await isUp(second);
    assert.equal(await ok(second, 'cat /etc/machine-id'), id);
    assert.equal((await ok(second, 'cat ~/note')).trim(), 'kept');
    await switchOff(second);
  },
});

const byTar = (arch: ArchitectureName, seconds: number, soak: boolean): SystemTest => ({
  name: `overlay: a board of ${arch} that was unpacked over by tar starts the system, and its old one again`,
  seconds,
  uses: [boardName(arch)],
  soak,
  run: async (t) => {
    const board = await boardOf(t, boardName(arch), arch);
    await overlayByTar(t, board);
    const session = await t.start(startOf(board, 'rw', 'quiet'));
    await isUp(session);
    assert.match(
      await ok(session, 'sudo opsctl upgrade --kernel; sudo opsctl status', 600_000),
      /kernel +board/,
    );
    await ok(session, 'sudo opsctl overlay remove --silent');
    await switchOff(session);
    await startsOld(t, board);
  },
});

async function startsOld(t: SystemContext, board: Board, ...words: string[]): Promise<void> {
  const old = await t.start(startOf(board, 'rw', ...words));
  await old.awaitText(oldSystem, bootLimit);
  await old.close();
}

const wayBack = (arch: ArchitectureName, seconds: number): SystemTest => ({
  name: `overlay: bos.init=old starts the old system of a board of ${arch}, and so does a system that is not whole`,
  seconds,
  uses: [boardName(arch)],
  soak: true,
  run: async (t) => {
    const board = await boardOf(t, boardName(arch), arch);
    await overlayByTar(t, board);
    await startsOld(t, board, 'bos.init=old');
    await t.host.processes.run('sh', [
      '-c',
      'mount -o loop "$1" "$2"; truncate -s -5000 "$2"/bos/system/os/*/rootfs.squashfs; umount "$2"',
      ...['sh', board.image, join(t.folder, 'card')],
    ]);
    const session = await t.start(startOf(board, 'rw'));
    const { before } = await session.awaitText(oldSystem, bootLimit);
    assert.match(before, /rootfs\.squashfs is missing or has a wrong size/);
  },
});

/** A newer version in a folder of the card: the same system under another name. */
const nextVersion =
  '( cd "$1"; cp -r bos/system next; cd next; v=$(readlink os/current); mv "os/$v" os/9.9.9; ' +
  `ln -sfn 9.9.9 os/current; sed -i -e "s#os/$v/#os/9.9.9/#" -e 's#"os": "'"$v"'"#"os": "9.9.9"#' manifest.json; ` +
  'mkdir -p ../tree/bos; mv ../next ../tree/bos/system )';

const upgrades: SystemTest = {
  name: 'overlay: an upgrade of a board is tried, counted and proved, and leaves the kernel alone',
  seconds: 250,
  uses: [boardName('amd64')],
  soak: true,
  run: async (t) => {
    const board = await boardOf(t, boardName('amd64'), 'amd64');
    await overlayByTar(t, board, nextVersion);
    const first = await t.start(startOf(board, 'rw', 'quiet'));
    await isUp(first);
    const kernel = await ok(first, 'sudo opsctl upgrade --kernel /run/bos/state/tree 2>&1');
    assert.match(
      kernel.replaceAll(/\s+/g, ' '),
      /Warning: the kernel is this board's own, and is not upgraded/,
    );
    await ok(first, 'sudo opsctl upgrade --rootfs /run/bos/state/tree', 300_000);
    assert.match(await ok(first, 'sudo cat /bos/system/grub/grubenv'), /bos_tries=cccpppr/);
    await switchOff(first);

    const second = await t.start(startOf(board, 'rw', 'quiet'));
    await isUp(second);
    assert.match(await ok(second, 'cat /run/bos/boot.json'), /"os":"9.9.9".*"try":"c"/);
    await ok(
      second,
      "timeout 300 sh -c 'while sudo grep -q bos_tries /bos/system/grub/grubenv; do sleep 2; done'",
      310_000,
    );
    assert.match(await ok(second, 'sudo opsctl status'), /9\.9\.9/);
    await ok(second, 'sudo opsctl rollback');
    await switchOff(second);

    const third = await t.start(startOf(board, 'rw', 'quiet'));
    await isUp(third);
    assert.doesNotMatch(await ok(third, 'cat /run/bos/boot.json'), /"os":"9.9.9"/);
    await switchOff(third);
  },
};

/** A root to which nothing can be written: all of it in memory, and said. */
const readOnly: SystemTest = {
  name: 'overlay: a card that is write-protected starts the system with nothing that lasts',
  seconds: 120,
  uses: [boardName('amd64')],
  soak: true,
  run: async (t) => {
    const board = await boardOf(t, boardName('amd64'), 'amd64');
    await overlayImage(t, board);
    const input = startOf(board, 'ro');
    const disks = input.disks?.map((disk) => ({ ...disk, readOnly: true })) ?? [];
    const session = await t.start({ ...input, disks });
    const { before } = await session.awaitText(/is lost at the end of this boot/, bootLimit);
    assert.match(before, /\/dev\/vda cannot be written to/);
    await session.login('bhojpur', { ...bootLimit, password });
    session.type('sudo systemctl poweroff\n');
    await ended(session);
  },
};

/** However far the unpacking came, the board starts one of its two systems. */
const powerCuts: SystemTest = {
  name: 'overlay: a tarball that was unpacked in part leaves the old system',
  seconds: 300,
  uses: [boardName('amd64')],
  soak: true,
  run: async (t) => {
    for (const share of [0.02, 0.3, 0.7, 0.99, 1]) {
      const board = await boardOf(t, boardName('amd64'), 'amd64');
      const part = join(t.folder, 'part.tar.gz');
      await t.host.processes.run('sh', [
        '-c',
        'head -c "$(($(stat -c %s "$1") * $3 / 100))" "$1" > "$2"; mkdir -p "$4"; mount -o loop "$5" "$4"; ' +
          'tar zxf "$2" --strip-components=1 -C "$4" 2>/dev/null; umount "$4"',
        ...[
          'sh',
          tarball(t, 'amd64'),
          part,
          String(Math.round(share * 100)),
          join(t.folder, 'card'),
          board.image,
        ],
      ]);
      const session = await t.start(startOf(board, 'rw'));
      await session.awaitText(share === 1 ? /system found: Bhojpur OS/ : oldSystem, bootLimit);
      await session.close();
    }
  },
};

/** The machine goes off while it unpacks; what it had not written yet is lost. */
const machineCuts: SystemTest = {
  name: 'overlay: a board that loses its power while it unpacks starts its old system, and the new one after sync',
  seconds: 300,
  uses: [boardName('amd64')],
  soak: true,
  run: async (t) => {
    const packed = join(t.folder, 'tarball.img');
    await t.host.files.copy(tarball(t, 'amd64'), packed);
    const size = (await t.host.files.stat(packed))?.size ?? 0;
    await t.host.files.resize(packed, Math.ceil(size / 512) * 512);
    for (const [cut, next] of [
      [/bos\/system\/overlay\/start\s/, oldSystem],
      [/rootfs\.squashfs\.blocks\s/, oldSystem],
      [/it is on the disk/, /system found: Bhojpur OS/],
    ] as const) {
      const board = await boardOf(t, boardName('amd64'), 'amd64');
      const input = startOf(board, 'rw', 'test.unpack');
      const disks = [
        ...(input.disks ?? []),
        { id: 'tarball', file: packed, bus: 'virtio' as const, readOnly: true },
      ];
      const running = await t.start({ ...input, disks });
      await running.awaitText(cut, bootLimit);
      await running.close();
      const session = await t.start(startOf(board, 'rw'));
      await session.awaitText(next, bootLimit);
      await session.close();
      t.log(`cut at ${cut.source}`);
    }
  },
};

export const fixtures: Fixture[] = (['amd64', 'arm64', 'arm'] as const).map((arch) => ({
  name: boardName(arch),
  seconds: 30,
  make: async (t) => void (await makeBoard(t, arch)),
}));

export const tests: SystemTest[] = [
  byImage('arm64', 120, false, 768),
  byTar('amd64', 200, true),
  byTar('arm64', 200, true),
  byImage('amd64', 150, true, 768),
  byImage('arm', 300, true, 256),
  byTar('arm', 300, true),
  wayBack('amd64', 150),
  upgrades,
  readOnly,
  powerCuts,
  machineCuts,
];
