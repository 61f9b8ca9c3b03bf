/** The medium is taken out before the machine starts again: where there is one, and without needing it. */
import test from 'ava';
import {
  ejectAtShutdown,
  endWithoutMedium,
  removableMedium,
} from '../../../../src/cli/commands/install/removal.ts';
import { fakeHost } from '../../../fakes/host.ts';
import { record } from './live-machine.ts';

async function mediumOf(medium: string, sysfs = '', files: Readonly<Record<string, string>> = {}) {
  const boot = { ...JSON.parse(record('live')), medium };
  const host = fakeHost({ files: { '/run/bos/boot.json': JSON.stringify(boot), ...files } });
  if (sysfs !== '') await host.files.symlink(sysfs, `/sys/class/block/${medium.slice('/dev/'.length)}`);
  return removableMedium(host);
}

test('a CD', async (t) => {
  t.is(await mediumOf('/dev/sr0'), 'the CD');
  t.is(await mediumOf('/dev/sr11'), 'the CD');
});
test('a stick, whole or its partition; a disk at USB', async (t) => {
  const usb = '/sys/devices/pci0000:00/0000:00:14.0/usb1/1-2/host6/block/sdb';
  t.is(await mediumOf('/dev/sdb', usb), 'the stick');
  t.is(await mediumOf('/dev/sdb1', `${usb}/sdb1`), 'the stick');
  const card = '/sys/devices/platform/reader/block/sdc';
  t.is(await mediumOf('/dev/sdc1', `${card}/sdc1`, { [`${card}/removable`]: '1\n' }), 'the stick');
});
test('a disk inside, and the network', async (t) => {
  const disk = '/sys/devices/pci0000:00/ata1/block/sda';
  t.is(await mediumOf('/dev/sda', disk, { [`${disk}/removable`]: '0\n' }), undefined);
  t.is(await mediumOf(''), undefined);
  t.is(await removableMedium(fakeHost()), undefined);
});

for (const [after, last] of [
  ['reboot', 'b'],
  ['power-off', 'o'],
] as const)
  test(`${after}: the kernel writes out, then does it; no program is run`, async (t) => {
    const host = fakeHost({ files: { '/proc/sysrq-trigger': '', '/proc/sys/kernel/sysrq': '' } });
    await endWithoutMedium(host, after);
    t.is(await host.files.readText('/proc/sysrq-trigger'), `su${last}`);
    t.deepEqual(host.ran, []);
  });

async function ejectedBy(medium: string, result: Parameters<typeof ejectAtShutdown>[1]) {
  const boot = { ...JSON.parse(record('live')), medium };
  const host = fakeHost({ files: { '/run/bos/boot.json': JSON.stringify(boot) } });
  const said: string[] = [];
  await ejectAtShutdown(host, result, (line) => said.push(line));
  return { drive: await host.files.readText('/run/bos/eject').catch(() => undefined), said, ran: host.ran };
}

test('a CD is ejected by the end of the shutdown, and that is said', async (t) => {
  for (const [result, when] of [
    [{ after: 'reboot', again: 'starts' }, 'restarts'],
    [{ after: 'power-off' }, 'powers off'],
  ] as const)
    t.deepEqual(await ejectedBy('/dev/sr1', result), {
      drive: '/dev/sr1\n',
      said: [`/dev/sr1 ejects the CD when the machine ${when}, if it can.`],
      ran: [],
    });
});

test('a stick, a network boot and a CD that is needed again stay', async (t) => {
  for (const [medium, result] of [
    ['/dev/sda', { after: 'reboot' }],
    ['/dev/sdb1', { after: 'power-off', again: 'starts' }],
    ['', { after: 'reboot' }],
    ['/dev/sr0', { after: 'reboot', again: 'installs' }],
    ['/dev/sr0', { after: 'stay' }],
  ] as const)
    t.deepEqual(await ejectedBy(medium, result), { drive: undefined, said: [], ran: [] }, medium);
});

test('what cannot be asked for is said, and no error', async (t) => {
  const host = fakeHost({ files: { '/run/bos/boot.json': record('live') } });
  const write = () => Promise.reject(new Error('ENOSPC: no space left on device'));
  const said: string[] = [];
  await ejectAtShutdown({ ...host, files: { ...host.files, write } }, { after: 'reboot' }, (line) =>
    said.push(line),
  );
  t.deepEqual(said, ['/dev/sr0 stays closed: ENOSPC: no space left on device']);
});
