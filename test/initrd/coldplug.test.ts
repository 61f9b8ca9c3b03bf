/** Which drivers the initrd asks for: those of every device that has a name for one, each once, and again for new devices. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { temporaryFolder } from '../formats/support.ts';
import { initrdFunctions } from './functions.ts';

/** A device below /sys/devices as the kernel shows it: with a link from its bus or class, or with neither. */
interface Device {
  readonly at: string;
  readonly alias: string;
  readonly from?: string;
}

const disk: Device = {
  at: 'pci0000:00/0000:00:05.0/virtio1',
  alias: 'virtio:d00000002v00001AF4',
  from: 'bus/virtio/devices/virtio1',
};
const machine: readonly Device[] = [
  { at: 'pci0000:00/0000:00:05.0', alias: 'pci:v00001AF4d00001001', from: 'bus/pci/devices/0000:00:05.0' },
  { at: 'pci0000:00/0000:00:06.0', alias: 'pci:v00001AF4d00001001', from: 'bus/pci/devices/0000:00:06.0' },
  { at: 'platform/soc/a000000.mmc', alias: 'of:NmmcT(null)Cgeneric,mmc', from: 'bus/platform/devices/a0' },
  { at: 'platform/i8042/serio0/input/input1', alias: 'input:b0011v0001', from: 'class/input/input1' },
  { at: 'virtual/dmi/id', alias: 'dmi:bvnSeaBIOS:bvr1.16', from: 'class/dmi/id' },
  { at: 'system/cpu', alias: 'cpu:type:x86,ven0000:feature:,0000' },
];

function put(folder: string, { at, alias, from }: Device): void {
  const device = join(folder, 'sys/devices', at);
  mkdirSync(device, { recursive: true });
  writeFileSync(join(device, 'modalias'), `${alias}\n`);
  if (from === undefined) return;
  const link = join(folder, 'sys', from);
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(device, link);
}

/** Runs `script`; what modprobe was asked for, one call a line. */
function asked(t: ExecutionContext, script: (folder: string) => string): string[] {
  const folder = temporaryFolder(t);
  for (const device of machine) put(folder, device);
  const log = join(folder, 'asked');
  const shell = `${initrdFunctions(folder, ['messages', 'devices'])}
xargs() { { printf '%s' "$*"; while read -r alias; do printf ' %s' "$alias"; done; echo; } >> ${log}; }
${script(folder)}
true`;
  execFileSync('busybox', ['sh', '-c', shell], { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } });
  return readFileSync(log, 'utf8').trimEnd().split('\n');
}

const all = (devices: readonly Device[]) =>
  `modprobe -a -b -q ${[...new Set(devices.map(({ alias }) => alias))].toSorted().join(' ')}`;

test('every device with a name for its driver, wherever the kernel shows it, once', (t) => {
  t.deepEqual(
    asked(t, () => 'coldplug; coldplug'),
    [all(machine)],
  );
});

test('again when one has come', (t) => {
  const came = (folder: string) => {
    const other = temporaryFolder(t);
    put(other, disk);
    return `coldplug; cp -a ${other}/sys/. ${folder}/sys; coldplug`;
  };
  t.deepEqual(asked(t, came), [all(machine), all([...machine, disk])]);
});

/** Names of drivers are the same whichever way they are looked for: on this machine. */
test('what this machine shows has a bus, or is one of the three others', (t) => {
  const find = 'find /sys/devices -name modalias -type f -exec cat {} + 2>/dev/null | sort -u';
  const whole = execFileSync('sh', ['-c', find], { encoding: 'utf8' }).trim().split('\n');
  const folder = temporaryFolder(t);
  const script = `${initrdFunctions(folder, ['messages', 'devices'])}SYS=/sys
modprobe() { :; }
xargs() { :; }
coldplug; echo "$ALIASES"`;
  const ours = execFileSync('busybox', ['sh', '-c', script], { encoding: 'utf8' }).trim().split('\n');
  t.true(readdirSync('/sys/bus').length > 0);
  t.deepEqual(ours.toSorted(), whole.toSorted());
});
