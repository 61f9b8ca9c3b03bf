/** The lock between real processes: killed ones, one whose end nobody waited for, and many at the same moment. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { OpsError } from '../../src/errors.ts';
import { linuxHost } from '../../src/host/linux/index.ts';
import { withLock } from '../../src/host/lock.ts';
import { isLongRun } from '../properties.ts';

const host = linuxHost();
const program = join(import.meta.dirname, 'lock-holder.ts');

interface Holder {
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  /** The next line that it says. */
  says(): Promise<string>;
  go(): void;
}

function holder(t: ExecutionContext, command: string, args: readonly string[]): Holder {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    says: async () => String((await lines.next()).value),
    go: () => child.stdin.write('go\n'),
  };
}

async function folderOf(t: ExecutionContext): Promise<string> {
  const folder = await host.files.makeTempDir('lock-test-');
  t.teardown(() => host.files.remove(folder));
  return folder;
}

const take = (path: string) =>
  withLock(
    host,
    { path, busy: (owner) => new OpsError('refused', 'busy', `busy: ${owner}`) },
    async () => 'taken',
  );

test('a process that works is named; killed, it holds nothing', async (t) => {
  const path = `${await folderOf(t)}/lock`;
  const { child, says, go } = holder(t, process.execPath, [program, path]);
  t.is(await says(), 'ready');
  go();
  t.is(await says(), 'inside');
  await t.throwsAsync(take(path), { message: `busy: ${child.pid}` });
  child.kill('SIGKILL');
  await once(child, 'exit');
  t.is(await take(path), 'taken');
});

test('killed, and its parent does not care: its number stays, and the lock does not', async (t) => {
  const path = `${await folderOf(t)}/lock`;
  // The shell becomes a program that waits for no child. Background jobs have no stdin of their own.
  const script = 'exec 3<&0; "$@" <&3 & echo $!; exec 3<&- 0<&-; exec sleep 60';
  const { says, go } = holder(t, 'sh', ['-c', script, 'sh', process.execPath, program, path]);
  const pid = Number(await says());
  t.is(await says(), 'ready');
  go();
  t.is(await says(), 'inside');
  process.kill(pid, 'SIGKILL');
  const isZombie = async () => /^State:\s+Z/m.test(await host.files.readText(`/proc/${pid}/status`));
  while (!(await isZombie())) await host.clock.sleep(5);
  t.is(await take(path), 'taken');
});

test('many processes that find the same dead lock: exactly one inside at a time', async (t) => {
  const folder = await folderOf(t);
  const path = `${folder}/lock`;
  await host.files.symlink('999999999@1.0', path);
  const holders = Array.from({ length: isLongRun ? 20 : 6 }, () =>
    holder(t, process.execPath, [program, path, '60000', '1']),
  );
  for (const { says } of holders) t.is(await says(), 'ready');
  for (const { go } of holders) go();
  // One that had company could not have made its proof, and would say so instead.
  const said = await Promise.all(holders.map(async ({ says }) => [await says(), await says()]));
  t.deepEqual(
    said,
    holders.map(() => ['inside', 'done']),
  );
  t.deepEqual(await host.files.list(folder), []);
});

test('with patience it waits for one that works, without it is refused', async (t) => {
  const path = `${await folderOf(t)}/lock`;
  const first = holder(t, process.execPath, [program, path]);
  const second = holder(t, process.execPath, [program, path, '60000', '1']);
  t.is(await first.says(), 'ready');
  first.go();
  t.is(await first.says(), 'inside');
  t.is(await second.says(), 'ready');
  second.go();
  await t.throwsAsync(take(path), { code: 'busy' });
  first.go();
  t.is(await first.says(), 'done');
  t.is(await second.says(), 'inside');
  t.is(await second.says(), 'done');
});
