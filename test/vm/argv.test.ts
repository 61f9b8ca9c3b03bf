import test from 'ava';
import { qemuArgv, type RunContext } from '../../src/vm/argv.ts';
import { type MachineInput, machine } from '../../src/vm/machine.ts';
import { fromProfile } from '../../src/vm/profiles.ts';

const session: RunContext = {
  accelerator: 'tcg',
  console: { socket: '/tmp/s/console.sock', log: '/tmp/s/console.log' },
  qmp: '/tmp/s/qmp.sock',
  variables: '/tmp/s/variables.fd',
};

/** One option with its value a line. */
function lines(input: MachineInput, run: RunContext = session): string {
  return qemuArgv(machine(input), run)
    .join(' ')
    .replace(/ -(?=[a-z])/g, '\n-');
}

const argv = test.macro({
  exec: (t, input: MachineInput, run?: RunContext) => t.snapshot(lines(input, run)),
  title: (name) => `argv: ${name}`,
});

const iso = { id: 'medium', file: 'bos.iso', bus: 'cd' } as const;
test('a BIOS machine with a CD and an empty disk', argv, {
  disks: [iso, { id: 'target', file: 'disk.img', bus: 'virtio', cache: 'unsafe', serial: 'T1' }],
});
test('UEFI with an NVMe disk of 4096 byte sectors', argv, {
  firmware: 'uefi',
  disks: [{ id: 'target', file: 'a,b.img', bus: 'nvme', sectorSize: 4096 }],
});
test('the firmware decides what is booted', argv, {
  firmware: 'uefi',
  bootOrder: 'firmware',
  disks: [{ id: 'a', file: 'a.img', bus: 'virtio' }],
});
test('Secure Boot from a USB stick', argv, {
  firmware: 'secureboot',
  disks: [{ id: 'medium', file: 'bos.iso', bus: 'usb', snapshot: true }],
});
test('the old IDE bus makes a pc', argv, {
  disks: [
    { id: 'a', file: 'a', bus: 'ide' },
    { id: 'b', file: 'b', bus: 'ide' },
    { id: 'c', file: 'c', bus: 'cd' },
    { id: 'd', file: 'd', bus: 'sata' },
  ],
});
test('SATA, SCSI and ports for more', argv, {
  hotplug: true,
  disks: [
    { id: 'a', file: 'a', bus: 'sata', bootIndex: 7 },
    { id: 'b', file: 'b.qcow2', bus: 'scsi', format: 'qcow2', readOnly: true },
  ],
});
test('the network boots it', argv, {
  network: { tftp: { folder: '/srv', bootFile: 'boot.ipxe' }, isolated: true },
  onReboot: 'exit',
});
test('the network boots it, by what the firmware brings along', argv, {
  firmware: 'uefi',
  network: { tftp: { folder: '/srv', bootFile: 'shimx64.efi', client: 'firmware' } },
});
test('a kernel without a boot loader, with ssh', argv, {
  kernel: { kernel: 'vmlinuz', initrd: 'initrd', append: 'console=ttyS0 quiet' },
  network: { sshPort: 2222 },
});
test('this machine at the address where clouds have their metadata', argv, {
  network: { net: '169.254.169.0/24', host: '169.254.169.254' },
});
test('cards in places of their own, two of them on a hub', argv, {
  network: {
    ...{ mac: '52:54:00:00:00:01', slot: 17 },
    hub: [
      { mac: '52:54:00:00:00:02', slot: 16 },
      { mac: '52:54:00:00:00:03', slot: 18 },
    ],
  },
});
test('arm64 with a CD, disks and ports for more', argv, {
  arch: 'arm64',
  firmware: 'uefi',
  hotplug: true,
  disks: [iso, { id: 'a', file: 'a', bus: 'virtio' }, { id: 'b', file: 'b', bus: 'sata' }],
});
test('arm64 with Secure Boot, from the network', argv, {
  arch: 'arm64',
  firmware: 'secureboot',
  network: { tftp: { folder: '/srv', bootFile: 'bootaa64.efi' } },
});
test('arm with a kernel', argv, { arch: 'arm', kernel: { kernel: 'vmlinuz' }, network: null });
test(
  'on this terminal, under KVM',
  argv,
  { graphics: false, network: null, debugExit: true, maker: 'Some Maker' },
  {
    accelerator: 'kvm',
    console: 'terminal',
  },
);
test('waiting for a saved state', argv, { memory: 384 }, { ...session, incoming: '/tmp/state' });

const refuses = test.macro({
  exec: (t, input: unknown, fault: RegExp) => {
    const error = t.throws(() => machine(input as MachineInput), { code: 'machine-invalid' });
    t.regex((error as unknown as { details: string[] }).details.join('\n'), fault);
  },
  title: (name) => `refused: ${name}`,
});
test('4096 byte sectors on a CD', refuses, { disks: [{ ...iso, sectorSize: 4096 }] }, /disks\.0\.sectorSize/);
test('two disks of one name', refuses, { disks: [iso, iso] }, /same id/);
test(
  'IDE with Secure Boot',
  refuses,
  { firmware: 'secureboot', disks: [{ ...iso, bus: 'ide' }] },
  /use sata/,
);
test(
  'a network that is none',
  refuses,
  { network: { net: '169.254.169.0', host: 'a,b' } },
  /network\.net:[\s\S]*network\.host:/,
);
test('a key that does not exist', refuses, { memroy: 3 }, /memroy/);

test('a profile is the machine unless something else is asked for', (t) => {
  t.like(fromProfile('secureboot'), { firmware: 'secureboot', cpus: 2 });
  t.is(fromProfile('bios', { memory: 256 }).memory, 256);
});
