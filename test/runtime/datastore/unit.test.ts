/** The services: DCP waits for bos-datastore, and does not start when that has failed. */
import test from 'ava';
import { real } from '../fake-root.ts';

const unit = (name: string) => real.files.readText(`os/overlay/usr/lib/systemd/system/${name}.service`);

test('DCP comes after the service that keeps its datastore, and not without it', async (t) => {
  const dcp = await unit('dcp');
  t.regex(dcp, /^Requires=bos-datastore\.service$/m);
  t.regex(dcp, /^After=.*\bbos-datastore\.service\b/m);
  const datastore = await unit('bos-datastore');
  t.regex(datastore, /^ExecStart=\/usr\/bin\/opsctl datastore$/m);
  // Once a boot: a DCP that is started again, by itself or by a person, has the datastore that it had.
  t.regex(datastore, /^Type=oneshot$/m);
  t.regex(datastore, /^RemainAfterExit=yes$/m);
  t.regex(datastore, /^TimeoutStartSec=infinity$/m);
});

test('without DCP, and while DCP is held back, neither does anything', async (t) => {
  const conditions = (text: string) =>
    text.split('\n').filter((line) => line.startsWith('ConditionPathExists=') && !line.includes('boot.json'));
  t.deepEqual(conditions(await unit('bos-datastore')), conditions(await unit('dcp')));
  t.is(conditions(await unit('dcp')).length, 2);
});
