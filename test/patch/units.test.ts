/** The units of patches: what starts them, what they wait for, and what uncordons a node whatever has happened. */
import test from 'ava';
import { linuxHost } from '../../src/host/linux/index.ts';
import { cordonRecordPath } from '../../src/kubernetes/node/cordon-record.ts';
import { uncordonUnit } from '../../src/runtime/patch-timers.ts';

const { files } = linuxHost();
const unit = (name: string) => files.readText(`os/overlay/usr/lib/systemd/system/${name}`);

test('a patch waits for the version on trial, and has no limit but that of its drain', async (t) => {
  const text = await unit('bos-patch@.service');
  t.regex(text, /^ExecStart=\/usr\/bin\/opsctl patch --trigger %i$/m);
  t.regex(text, /^After=.*\bbos-trial\.service\b.*\bdcp\.service\b/m);
  t.regex(text, /^TimeoutStartSec=infinity$/m);
  // kubectl is ended by opsctl, which uncordons first.
  t.regex(text, /^KillMode=mixed$/m);
});

test('a patch that fails or is killed leaves no node cordoned', async (t) => {
  t.true((await unit('bos-patch@.service')).includes(`\nOnFailure=${uncordonUnit}\n`));
  const text = await unit(uncordonUnit);
  t.true(text.includes(`\nConditionPathExists=${cordonRecordPath}\n`));
  t.regex(text, /^ExecStart=\/usr\/bin\/opsctl patch --finish$/m);
  t.regex(text, /^After=.*\bbos-trial\.service\b/m);
  t.regex(text, /^Restart=on-failure$/m);
  t.regex(text, /^StartLimitIntervalSec=0$/m);
  t.regex(text, /^WantedBy=multi-user\.target$/m);
});
