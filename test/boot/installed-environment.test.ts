/** The boot environment of a running installation: found where the initrd finds it, changed by one sector. */
import test, { type ExecutionContext } from 'ava';
import { stateEnvironmentPath } from '../../src/boot/environment.ts';
import {
  changeInstalledEnvironment,
  readInstalledEnvironment,
} from '../../src/boot/installed-environment.ts';
import { lineOf } from '../fakes/effects.ts';
import { devices, environment, type InstalledSetup, installedMachine } from './installed-machine.ts';

const old = environment({ bos_tries: 'ccr' });
const onState = `/run/bos/state/${stateEnvironmentPath}`;
const another = { ...environment(), stateUuid: '66666666-5555-4555-8555-555555555555' };

const changes = test.macro({
  exec: async (t: ExecutionContext, setup: InstalledSetup, path: string) => {
    const { host, seen } = await installedMachine({ ...setup, environment: old });
    t.deepEqual(await readInstalledEnvironment(host, '/', devices), old);
    host.effects.length = 0;
    await changeInstalledEnvironment(host, '/', devices, { bos_os: '3.0.0', bos_tries: undefined });
    t.deepEqual(await seen(), { ...environment(), os: '3.0.0' });
    const lines = host.effects
      .map(lineOf)
      .filter((line) => !line.startsWith('read') || line.includes('+1024'));
    const [write, ...rest] = lines.slice(lines.findIndex((line) => line.startsWith('write ')));
    t.regex(write ?? '', new RegExp(`^write ${path} [0-9]+\\+512$`));
    t.deepEqual(rest.slice(0, 2), [`sync ${path}`, `drop-cache ${path}`]);
    t.is(lines.filter((line) => line.startsWith('write ')).length, 1);
  },
  title: (name = '') => `one sector, flushed, read back: ${name}`,
});
test('on the EFI system partition', changes, { place: 'esp' }, devices.esp);
test('on the state file system', changes, { place: 'state' }, onState);
test(
  'on the state, beside an ESP of another installation',
  changes,
  { place: 'state', foreign: another },
  onState,
);

test('no EFI system partition', async (t) => {
  const { host } = await installedMachine({ place: 'state' });
  t.deepEqual(await readInstalledEnvironment(host, '/', { ...devices, esp: '' }), environment());
});

test('seen from a container', async (t) => {
  const { host } = await installedMachine({ place: 'state' });
  for (const device of Object.values(devices)) {
    const bytes = host.devices.get(device);
    if (bytes !== undefined) host.devices.set(`/host${device}`, bytes);
    host.devices.delete(device);
  }
  await host.files.makeDir(`/host/run/bos/state/bos/system/grub`);
  await host.files.rename(onState, `/host${onState}`);
  await changeInstalledEnvironment(host, '/host', devices, { bos_tries: 'cpr' });
  t.is((await readInstalledEnvironment(host, '/host', devices)).others.bos_tries, 'cpr');
});

test('what it is about to be called counts, too', async (t) => {
  const { host } = await installedMachine({
    place: 'esp',
    environment: { ...another, others: { bos_next_state_uuid: environment().stateUuid } },
  });
  t.is((await readInstalledEnvironment(host, '/', devices)).stateUuid, another.stateUuid);
});

test('none that names the file system: nothing is written', async (t) => {
  const { host } = await installedMachine({ place: 'esp', environment: another });
  for (const boot of [devices, { ...devices, esp: '' }, { state: '', esp: '' }])
    await t.throwsAsync(changeInstalledEnvironment(host, '/', boot, { bos_tries: 'r' }), {
      code: 'environment-missing',
    });
  t.deepEqual(
    host.effects.map(lineOf).filter((line) => line.startsWith('write')),
    [],
  );
});

test('a disk that keeps the old sector is said', async (t) => {
  for (const place of ['esp', 'state'] as const) {
    const { host } = await installedMachine({
      place,
      onWrite: (_path, _offset, data) => new Uint8Array(data.length),
    });
    await t.throwsAsync(changeInstalledEnvironment(host, '/', devices, { bos_tries: 'r' }), {
      code: 'read-back',
    });
  }
});

test('what does not fit into the sector is refused before it is written', async (t) => {
  const { host, seen } = await installedMachine({ place: 'esp' });
  await t.throwsAsync(changeInstalledEnvironment(host, '/', devices, { bos_os: 'x'.repeat(500) }), {
    code: 'environment-too-large',
  });
  t.deepEqual(await seen(), environment());
});
