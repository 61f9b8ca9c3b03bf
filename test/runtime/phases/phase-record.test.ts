/** What a phase keeps for the status: a secret is in none of it, wherever the fault is from. */
import test from 'ava';
import { ConfigLog } from '../../../src/runtime/phases/log.ts';
import { PhaseRecord } from '../../../src/runtime/phases/phase-record.ts';
import { fakeHost } from '../../fakes/host.ts';

test('secrets are hidden in faults of sources and of keys', async (t) => {
  const host = fakeHost();
  const lines: string[] = [];
  const log = new ConfigLog(host, (line) => lines.push(line));
  log.hide(['hunter2']);
  const record = new PhaseRecord(host, log, 'boot');
  const place = { file: 'a', line: 1, column: 1 };
  record.addSources([{ severity: 'error', place, message: 'near hunter2' }]);
  record.note('warning', 'hostname', 'not hunter2');
  await record.attempt('bos.modules', () => Promise.reject(new Error('no hunter2')));
  t.deepEqual(
    record.status().faults.map(({ message }) => message),
    ['near (hidden)', 'not (hidden)', 'no (hidden)'],
  );
  t.deepEqual(lines, ['bos: boot: hostname: not (hidden)', 'bos: boot: bos.modules: no (hidden)']);
});
