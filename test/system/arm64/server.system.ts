/**
 * A server of arm64: its ISO, remastered on this machine, boots through EDK2 and installs itself; the disk boots with
 * the configuration, also with Secure Boot. An image made here of the same ISO, and edited here, boots and grows.
 */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { createImage } from '../../../src/image/create/create.ts';
import { editImage } from '../../../src/image/edit/edit.ts';
import type { Firmware } from '../../../src/vm/machine.ts';
import type { Session } from '../../../src/vm/session.ts';
import { bootLimit, ended, fails, isoOn, ok, switchOff, target } from '../support/boots.ts';
import type { SystemContext, SystemTest } from '../support/machines.ts';
import { remasteredIso } from '../support/remastered-iso.ts';

export const issue = 17;

const arch = 'arm64';
const config = 'hostname: from-the-iso\nbos:\n  password: "of the iso"\n  environment: { WAY: remastered }\n';
const memory = 1024;

/** What is true of every system of arm64 that runs. */
async function looksRight(session: Session, mode: string): Promise<void> {
  assert.equal(JSON.parse(await ok(session, 'cat /run/bos/boot.json')).mode, mode);
  assert.match(await ok(session, 'uname -m'), /^aarch64/m);
  await ok(session, 'test -d /sys/firmware/efi');
}

const installs = (firmware: Firmware, seconds: number): SystemTest => ({
  name: `arm64: an ISO installs itself on ${firmware}, and the disk boots with the configuration`,
  seconds,
  soak: true,
  run: async (t) => {
    const install = [
      { name: 'device', value: '/dev/vda' },
      { name: 'power_off', value: undefined },
    ];
    const { iso, method } = await remasteredIso(t, config, { menu: { install } }, arch);
    assert.equal(method, 'padding');
    const disk = await target(t, 'virtio');
    const installer = await t.start({
      ...{ arch, firmware, memory, network: null },
      disks: [
        { id: 'medium', file: iso, bus: 'cd', bootIndex: 0 },
        { ...disk, bootIndex: 1 },
      ],
    });
    const { before } = await installer.awaitText(/is installed on/, bootLimit);
    t.log(`${installer.mark('installed')} ms to the end of the installation`);
    assert.match(before, /Add the boot entry/);
    assert.doesNotMatch(before, /warning: no boot entry/);
    await ended(installer);

    const system = await t.start({ arch, firmware, memory, disks: [disk], network: null });
    await system.login('bhojpur', { ...bootLimit, password: 'of the iso' });
    t.log(`${system.mark('login')} ms to login`);
    await looksRight(system, 'disk');
    assert.equal((await ok(system, 'cat /proc/sys/kernel/hostname')).trim(), 'from-the-iso');
    assert.equal(await ok(system, 'sudo cat /bos/system/config.yaml'), config);
    assert.match(await ok(system, 'sudo cat /etc/environment'), /^WAY=.?remastered/m);
  },
});

/** The live system by each way that a medium is connected, the entry that an installation adds, and what is refused. */
const live = (bus: 'cd' | 'usb' | 'virtio', firmware: Firmware): SystemTest => ({
  name: `arm64: the ISO boots from ${bus} on ${firmware}`,
  seconds: 120,
  soak: true,
  run: async (t) => {
    const session = await t.start({ arch, firmware, memory, disks: [isoOn(t, bus, arch)] });
    await session.login('bhojpur', bootLimit);
    t.log(`${session.mark('login')} ms to login`);
    await looksRight(session, 'live');
    const facts = JSON.parse(await ok(session, 'sudo opsctl facts'));
    assert.deepEqual(
      [facts.arch, facts.firmware, facts.secureBoot],
      [arch, 'efi', firmware === 'secureboot'],
    );
    await switchOff(session);
  },
});

const entry: SystemTest = {
  name: 'arm64: the firmware gets an entry for the loader of arm64, and goes by it',
  seconds: 240,
  soak: true,
  run: async (t) => {
    const disk = await target(t, 'virtio');
    const session = await t.start({
      ...{ arch, firmware: 'uefi' as const, memory, bootOrder: 'firmware' as const },
      disks: [isoOn(t, 'cd', arch), disk, { ...isoOn(t, 'virtio'), id: 'other' }],
    });
    await session.login('bhojpur', bootLimit);
    await ok(session, 'printf "bos:\\n  password: secret\\n" > /tmp/c.yaml');
    // The ISO of another architecture, as a disk of this machine.
    await fails(
      session,
      'sudo opsctl install /dev/vda /dev/vdb --silent --config /tmp/c.yaml',
      3,
      'The medium is for amd64, but this machine is arm64',
    );
    await ok(session, 'sudo opsctl install /dev/vda --silent --config /tmp/c.yaml', bootLimit.timeoutMs);
    const entries = await ok(session, 'sudo efibootmgr -v');
    assert.match(entries, /Boot[0-9A-F]{4}\* Bhojpur OS\s.*\\EFI\\BOOT\\BOOTAA64\.EFI/i);
    session.type('sudo systemctl reboot\n');
    await session.login('bhojpur', { ...bootLimit, password: 'secret' });
    await looksRight(session, 'disk');
    await switchOff(session);
  },
};

const image: SystemTest = {
  name: 'arm64: a disk image made and edited on this machine boots and grows',
  seconds: 200,
  soak: true,
  run: async (t) => {
    const output = join(t.folder, 'node.raw');
    const configFile = join(t.folder, 'config.yaml');
    const write = (from: string) =>
      t.host.files.write(configFile, `bos:\n  password: secret\n  environment: {FROM: ${from}}\n`);
    const silent = { emit: () => {}, signal: new AbortController().signal };
    await write('image');
    await createImage(
      t.host,
      {
        ...{ from: isoOn(t, 'cd', arch).file, output, format: 'raw', config: configFile, append: ['nosmt'] },
        ...{ allowNoLogin: false, force: false, checksums: false },
      },
      silent,
    );
    await t.host.files.resize(output, 5e9 - (5e9 % 4096));
    await boots(t, output, 'image');
    await write('edited');
    await editImage(
      t.host,
      { image: output, config: configFile, menu: { append: [], delete: [], replace: [] }, ...unforced },
      { ...silent, dryRun: false },
    );
    await boots(t, output, 'edited');
  },
};

const unforced = { undo: false, allowNoLogin: false } as const;

async function boots(t: SystemContext, disk: string, from: string): Promise<void> {
  const session = await t.start({
    ...{ arch, firmware: 'uefi' as const, memory },
    disks: [{ id: 'disk', file: disk, bus: 'virtio', cache: 'unsafe' }],
  });
  await session.login('bhojpur', { ...bootLimit, password: 'secret' });
  t.log(`${from}: ${session.mark('login')} ms to login`);
  await looksRight(session, 'disk');
  assert.match(await ok(session, 'sudo opsctl config get bos.environment'), new RegExp(`FROM=${from}`));
  const size = Number(await ok(session, 'df --output=size -B1 /var | tail -1'));
  assert.ok(size > 4e9, `the state file system has ${size} bytes`);
  await switchOff(session);
}

export const tests: SystemTest[] = [
  installs('uefi', 150),
  installs('secureboot', 200),
  live('usb', 'uefi'),
  live('cd', 'secureboot'),
  live('virtio', 'uefi'),
  entry,
  image,
];
