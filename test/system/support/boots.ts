/** How system tests boot what was built, and what they look at again and again. */
import { strict as assert } from 'node:assert';
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import type { ArchitectureName } from '../../../src/architectures.ts';
import type { DiskFacts, MachineFacts } from '../../../src/disk/facts.ts';
import type { DiskInput, MachineInput } from '../../../src/vm/machine.ts';
import type { Session } from '../../../src/vm/session.ts';
import type { SystemContext } from './machines.ts';

/** For what a machine does on its way up or down; under load, it takes a third of it. For hangs, not for measuring. */
export const bootLimit = { timeoutMs: 600_000 };

/** The ISO as a disk of the machine. */
export const isoOn = (
  t: SystemContext,
  bus: DiskInput['bus'],
  arch: ArchitectureName = 'amd64',
): DiskInput => ({
  id: 'medium',
  file: join(t.artifacts, `bos-${arch}.iso`),
  bus,
  readOnly: true,
});

/** The PXE set, started as a PXE boot loader starts it. */
export const pxeSet = (t: SystemContext, ...words: string[]): NonNullable<MachineInput['kernel']> => ({
  kernel: join(t.artifacts, 'bos-vmlinuz-amd64'),
  initrd: join(t.artifacts, 'bos-initrd-amd64'),
  append: ['console=ttyS0', 'rootfstype=ramfs', 'quiet', ...words].join(' '),
});

/** The kernel and the small initrd of the ISO, as the menu of a medium or a disk starts them; far quicker to load. */
export async function mediumBoot(
  t: SystemContext,
  ...words: string[]
): Promise<NonNullable<MachineInput['kernel']>> {
  const folder = join(t.folder, 'medium-boot');
  if (!(await t.host.files.exists(folder))) {
    const iso = isoOn(t, 'cd').file;
    const version = await t.host.files.readText(join(t.artifacts, 'bos-kernel-version-amd64'));
    const from = `/bos/system/kernel/${version.trim()}`;
    const names = ['vmlinuz', 'initrd'].flatMap((name) => [
      '-extract',
      `${from}/${name}`,
      `${folder}/${name}`,
    ]);
    await t.host.processes.run('xorriso', ['-osirrox', 'on', '-indev', iso, ...names]);
  }
  const append = ['console=ttyS0', 'quiet', ...words].join(' ');
  return { kernel: join(folder, 'vmlinuz'), initrd: join(folder, 'initrd'), append };
}

/** An empty disk of the smallest size that is installed to in tests. */
export const target = async (t: SystemContext, bus: DiskInput['bus'], more: Partial<DiskInput> = {}) =>
  ({
    id: 'target',
    file: await t.emptyDisk('target.img', 3e9 - (3e9 % 4096)),
    bus,
    cache: 'unsafe',
    serial: 'target1',
    ...more,
  }) satisfies DiskInput;

export interface ConfigServer {
  /** As the guest reaches it on QEMU's user network. */
  readonly url: string;
  readonly requests: string[];
  close(): void;
}

/**
 * A server on loopback: texts and files by path; other paths answer 404; `/hang` never answers.
 */
export async function serve(
  bodies: Readonly<Record<string, string | { readonly file: string }>>,
): Promise<ConfigServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    requests.push(path);
    if (path === '/hang') return;
    const body = bodies[path];
    if (typeof body === 'object') {
      response.writeHead(200, { 'content-length': statSync(body.file).size });
      pipeline(createReadStream(body.file), response, () => {});
      return;
    }
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'text/plain' });
    response.end(body ?? 'not here');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://10.0.2.2:${port}`,
    requests,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Runs a command that must succeed; returns what it printed. */
export async function ok(session: Session, command: string, timeoutMs = 120_000): Promise<string> {
  const { exitCode, stdout } = await session.run(command, { timeoutMs });
  assert.equal(exitCode, 0, `${command}\n${stdout}`);
  return stdout;
}

/** The prompt comes before the services: waits until all that starts with the system has started, or has failed. */
export const hasStarted = (session: Session): Promise<string> =>
  ok(session, 'systemctl is-system-running --wait; true', bootLimit.timeoutMs);

/** What `opsctl facts` says of the disk at `path`. */
export async function diskFacts(session: Session, path: string): Promise<DiskFacts> {
  const { disks }: MachineFacts = JSON.parse(await ok(session, 'sudo opsctl facts'));
  const found = disks.find((disk) => disk.path === path);
  assert.ok(found, `${path} is among ${disks.map((disk) => disk.path).join(' ')}`);
  return found;
}

/** Runs a command that must end with `exitCode` and say every one of `words`. */
export async function fails(session: Session, command: string, exitCode: number, ...words: string[]) {
  const result = await session.run(command, bootLimit);
  const said = result.stdout.replaceAll(/\s+/g, ' ');
  assert.equal(result.exitCode, exitCode, `${command}\n${result.stdout}`);
  for (const word of words)
    assert.ok(said.includes(word), `${command}\nsays no "${word}":\n${result.stdout}`);
}

/**
 * Powers a machine off, in whose console somebody is logged in, and waits for the end. Nothing on the way looks like
 * lost data.
 */
export async function switchOff(session: Session, command = 'sudo systemctl poweroff'): Promise<void> {
  const before = session.console.text.length;
  session.type(`${command}\n`);
  await ended(session);
  // udev that is stopped in the middle of its work says so, and loses nothing.
  const lost = /\[FAILED\]|Failed (unmounting|to (unmount|finalize))|Unable to finalize|Cannot finalize/;
  assert.doesNotMatch(session.console.text.slice(before), lost);
}

/** Waits for a machine that is switching itself off, or restarting where that ends it. */
export async function ended(session: Session): Promise<void> {
  assert.deepEqual(await session.awaitExit(bootLimit.timeoutMs), { exitCode: 0, signal: null });
}

/** Waits in the guest until there is something at `path`, a pattern of its shell: a disk that was plugged in. */
export async function appears(session: Session, path: string): Promise<void> {
  await ok(session, `timeout 90 sh -c 'until test -e ${path}; do sleep 0.2; done'`);
}
