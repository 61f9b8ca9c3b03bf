/** The units of the report: started by what changes, and never a reason to return to an older version. */
import test from 'ava';
import { reportPath } from '../../../src/cli/commands/upgrade/on-node.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import { usualKubeconfigs } from '../../../src/kubernetes/node/kubelet.ts';
import { trialEndPath } from '../../../src/runtime/trial/judge.ts';
import { upgradeRecordPath } from '../../../src/upgrade/record.ts';

const { files } = linuxHost();
const unit = (name: string) => files.readText(`os/overlay/usr/lib/systemd/system/bos-report.${name}`);

test('what changes starts it', async (t) => {
  const watched = [...(await unit('path')).matchAll(/^PathChanged=(.*)$/gm)].map(([, path]) => path);
  t.deepEqual(watched, [...usualKubeconfigs, upgradeRecordPath, trialEndPath, reportPath]);
});

test('it does not fail, and runs at most once an hour by itself', async (t) => {
  const service = await unit('service');
  t.regex(service, /^Type=oneshot$/m);
  t.regex(service, /^ExecStart=-\/usr\/bin\/opsctl report$/m);
  t.regex(service, /^TimeoutStartSec=infinity$/m);
  t.regex(await unit('timer'), /^OnUnitInactiveSec=60min$/m);
});
