/**
 * bos.patch.on_boot, schedule, time_zone, jitter, after: timers below /run, which are new with every start. A timer is started
 * only when it is another one than before, so that applying the configuration again starts no patch.
 */

import { readBootFacts } from '../../boot/boot-facts.ts';
import { neverMeets } from '../../config/checks/patch/values.ts';
import { patchSettings } from '../../config/patch/settings.ts';
import { timerName, timers, triggers } from '../patch-timers.ts';
import { type ApplyContext, jointApplier } from './applier.ts';

const folder = '/run/systemd/system';

export const patchApplier = jointApplier({
  name: 'patch',
  keys: [
    ...(['bos.patch.on_boot', 'bos.patch.schedule', 'bos.patch.after'] as const),
    ...(['bos.patch.time_zone', 'bos.patch.jitter', 'bos.patch.window'] as const),
  ],
  // Keys that are gone take their timers along.
  always: true,
  run: async (context) => {
    const { host, phase, config, path } = context;
    if (phase !== 'runtime') return;
    const boot = await readBootFacts(host, path('/'));
    // A live system has nothing to patch.
    const settings = boot.state === '' ? patchSettings({}) : patchSettings(config);
    const now = host.clock.now();
    const fault = neverMeets(
      {
        schedule: config['bos.patch.schedule'],
        window: config['bos.patch.window'],
        timeZone: config['bos.patch.time_zone'],
        jitter: config['bos.patch.jitter'],
      },
      now,
    );
    await writeTimers(context, timers(settings, now));
    if (fault !== undefined) throw new Error(`bos.patch.schedule ${fault}`);
  },
});

async function writeTimers({ host, path }: ApplyContext, wanted: ReturnType<typeof timers>): Promise<void> {
  const { files, processes } = host;
  const changed: string[] = [];
  const gone: string[] = [];
  for (const trigger of triggers) {
    const place = path(`${folder}/${timerName(trigger)}`);
    const text = wanted.get(trigger);
    const present = (await files.exists(place)) ? await files.readText(place) : undefined;
    if (present === text) continue;
    if (text === undefined) {
      await files.remove(place);
      gone.push(timerName(trigger));
    } else {
      await files.makeDir(path(folder));
      await files.writeAtomic(place, text, { mode: 0o644 });
      changed.push(timerName(trigger));
    }
  }
  if (gone.length > 0) await processes.run('systemctl', ['stop', ...gone]);
  if (gone.length + changed.length > 0) await processes.run('systemctl', ['daemon-reload']);
  if (changed.length > 0) await processes.run('systemctl', ['restart', ...changed]);
}
