/** Programs that fetch a disk image, and go on with what they have of it. */
import { statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { host } from '../iso/edit/edit-support.ts';
import { edited, image, node1 } from './image-support.ts';
import { testServer } from './support.ts';

test('curl and wget take up an image that was cut off, and its digest is that of sha256sum', async (t) => {
  const { folder, base } = await image(t);
  const wanted = await edited(folder, base);
  const { port, log } = await testServer(t, { bases: [base], machines: { 'node1.yaml': node1 } });
  const url = `http://127.0.0.1:${port}/image/node1.img`;
  const part = join(folder, 'node1.img');
  const run = (program: string, ...args: readonly string[]) =>
    host.processes.run(program, args, { cwd: folder });
  const { size } = statSync(wanted);
  for (const [program, ...args] of [
    ['curl', '-sS', '--fail', '-C', '-', '-o', part, url],
    ['wget', '-q', '-c', '-O', part, url],
  ] as const) {
    await run('cp', wanted, part);
    truncateSync(part, size - 5_000_000);
    await run(program, ...args);
    t.is(statSync(part).size, size);
    // Of the rest the digest below tells.
    await t.notThrowsAsync(run('cmp', '-i', `${size - 6_000_000}`, wanted, part), program);
    t.like(log.at(-1), { status: 206, sent: 5_000_000 });
  }
  const { stdout } = await run('curl', '-sS', '--fail', `${url}.sha256`);
  t.is(stdout, (await run('sha256sum', 'node1.img')).stdout);
});
