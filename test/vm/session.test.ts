import { join } from 'node:path';
import test from 'ava';
import { OpsError } from '../../src/errors.ts';
import { machine } from '../../src/vm/machine.ts';
import { resume, saveState } from '../../src/vm/saved-state.ts';
import { start } from '../../src/vm/start.ts';
import { host, startEcho } from './echo-guest.ts';

test.serial('text is awaited from the last match on, typed and echoed; the guest ends itself', async (t) => {
  const { session } = await startEcho(t);
  await session.awaitText('ready> ', { timeoutMs: 30_000 });
  session.type('hello 123.');
  const match = await session.awaitText(/hello (\d+)\./);
  t.deepEqual(match.groups, ['123']);
  session.type('\n');
  t.is((await session.awaitText('ready> ')).before, '\n');
  t.true(session.mark('asked') > 0);
  session.type('q');
  t.deepEqual(await session.awaitExit(), { exitCode: 33, signal: null });
});

test.serial('a wait ends at its limit, and at once when the machine ends, with the last lines', async (t) => {
  const { session } = await startEcho(t);
  await session.awaitText('ready> ', { timeoutMs: 30_000 });
  const late = await t.throwsAsync(session.awaitText('never', { timeoutMs: 100, what: 'a wonder' }), {
    instanceOf: OpsError,
  });
  t.like(late, {
    code: 'console-timeout',
    message: 'The console did not show a wonder within 0.1 s',
  });
  t.is(late?.details.at(-1), '  | ready>');
  await t.throwsAsync(session.awaitExit(50), { message: /still ran/ });

  const waiting = session.awaitText('never');
  await session.cutPower();
  const gone = await t.throwsAsync(waiting, { instanceOf: OpsError });
  t.is(gone?.code, 'machine-ended');
  t.regex(gone?.message ?? '', /^QEMU ended \(SIGKILL\)/);
  t.deepEqual(await session.awaitExit(), { exitCode: null, signal: 'SIGKILL' });
});

test.serial(
  'the power button is pressed until the machine is off: a guest may not watch it yet',
  async (t) => {
    const { session } = await startEcho(t);
    await session.awaitText('ready> ', { timeoutMs: 30_000 });
    await t.throwsAsync(session.powerDown(100), { message: /still ran/ });
    const pressed = () => session.qmp.nextEvent(({ name }) => name === 'POWERDOWN', 30_000);
    const first = pressed();
    const off = session.powerDown(30_000, 20);
    await first;
    await pressed();
    session.type('q');
    t.deepEqual(await off, { exitCode: 33, signal: null });
  },
);

test.serial('a kept session leaves its logs and screen, no session leaves its folder', async (t) => {
  const { session, folder } = await startEcho(t, { graphics: true });
  await session.awaitText('ready> ', { timeoutMs: 30_000 });
  await session.close({ keep: true });
  t.false(await host.files.exists(session.folder));
  const logs = join(folder, 'logs/echo');
  t.regex(await host.files.readText(join(logs, 'console.txt')), /ready> $/);
  t.deepEqual([...(await host.files.read(join(logs, 'screen.png'))).subarray(1, 4)], [...Buffer.from('PNG')]);
  t.regex(await host.files.readText(join(logs, 'argv.txt')), /^-machine\nq35$/m);
});

test.serial('a saved machine goes on where it stopped, as often as wanted', async (t) => {
  const { session, folder } = await startEcho(t, { hotplug: true });
  await session.awaitText('ready> ', { timeoutMs: 30_000 });
  const state = join(folder, 'state');
  await saveState(session, host, state);
  for (const name of ['first', 'second']) {
    const again = await resume(state, host, { name });
    t.teardown(() => again.close());
    again.type(`${name}\n`);
    await again.awaitText(name);
    t.is((await again.awaitText('ready> ')).before, '\n');
    t.is(again.spec.name, name);
    await again.close();
  }
});

test.serial('disks are plugged in on every bus that allows it', async (t) => {
  const { session, folder } = await startEcho(t, { hotplug: true });
  for (const bus of ['virtio', 'nvme', 'usb', 'scsi'] as const) {
    const file = join(folder, `${bus}.img`);
    await host.files.write(file, new Uint8Array(1 << 20));
    const sectorSize = bus === 'usb' ? 512 : 4096;
    await session.plug({ id: bus, file, bus, sectorSize, serial: `S-${bus}` });
  }
  const blocks = (await session.qmp.execute('query-block')) as { qdev: string }[];
  t.is(blocks.filter(({ qdev }) => /disk-(virtio|nvme|usb|scsi)/.test(qdev)).length, 4);
  await t.throwsAsync(session.plug({ id: 'ata', file: join(folder, 'usb.img'), bus: 'sata' }), {
    message: /cannot be plugged/,
  });
  await t.throwsAsync(session.plug({ id: 'none', file: join(folder, 'none.img'), bus: 'virtio' }), {
    code: 'qemu-refused',
  });
});

test.serial('a machine that QEMU does not take is told with the words of QEMU', async (t) => {
  const spec = machine({ disks: [{ id: 'none', file: '/no/such/disk', bus: 'virtio' }] });
  const error = await t.throwsAsync(start(spec, host), { instanceOf: OpsError });
  t.is(error?.code, 'qemu-ended');
  t.regex(error?.message ?? '', /No such file or directory/);
});
