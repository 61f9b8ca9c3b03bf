/**
 * Run by lock-processes.test.ts: waits for a line, takes the lock, proves that nobody else is inside, says so, and
 * lets go after another line or a moment.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { OpsError } from '../../src/errors.ts';
import { linuxHost } from '../../src/host/linux/index.ts';
import { withLock } from '../../src/host/lock.ts';

const [path = '', patience = '0', holdMs = ''] = process.argv.slice(2);
const host = linuxHost();
const lines = createInterface({ input: process.stdin });
const line = () => once(lines, 'line');
const lock = {
  path,
  patience: Number(patience),
  busy: (owner: string) => new OpsError('refused', 'busy', `busy: ${owner}`),
};

console.log('ready');
await line();
try {
  await withLock(host, lock, async () => {
    const proof = `${path}.inside`;
    await host.files.symlink(`${process.pid}`, proof);
    console.log('inside');
    await (holdMs === '' ? line() : host.clock.sleep(Number(holdMs)));
    await host.files.remove(proof);
  });
  console.log('done');
} catch (error) {
  console.log(String(error));
}
process.exit(0);
