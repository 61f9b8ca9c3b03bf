/** A server with machines in every state, for a browser. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { workstationHost } from '../../src/host/workstation/index.ts';
import { Base } from '../../src/serve/iso/base.ts';
import { openStore } from '../../src/serve/machines/open-store.ts';
import type { EntryName } from '../../src/serve/reports/history.ts';
import { memoryStore } from '../../src/serve/reports/memory-store.ts';
import { serve } from '../../src/serve/server.ts';
import { makeOurs } from '../../test/iso/media.ts';

export interface Served {
  readonly url: string;
  /** As if the machine had said it. */
  report(machine: string, name: EntryName, at?: number): Promise<void>;
}

export type Machines = Readonly<Record<string, string>>;

export async function withServer<T>(machines: Machines, use: (served: Served) => Promise<T>): Promise<T> {
  const host = workstationHost();
  const folder = mkdtempSync(join(tmpdir(), 'bos-browser-'));
  const [own, names] = [join(folder, 'machines'), Object.entries(machines)];
  await host.files.makeDir(own);
  for (const [name, text] of names) writeFileSync(join(own, `${name}.yaml`), text);
  const iso = makeOurs(folder);
  const reports = memoryStore(host.random);
  const serving = await serve({
    ...{ host, reports, bases: [new Base(host, iso, basename(iso))] },
    machines: await openStore(host.files, own),
    ...{ address: '127.0.0.1', port: 0, log: () => {} },
    limits: { connections: 100, stallMs: 20_000, stopMs: 100, cacheBytes: 2 ** 25 },
  });
  try {
    return await use({
      url: `http://127.0.0.1:${serving.port}/`,
      report: async (machine, name, at = host.clock.now()) => {
        await reports.add(machine, { name, at, boot: 'b' });
      },
    });
  } finally {
    await serving.stop();
    rmSync(folder, { recursive: true });
  }
}

/** Of a small fleet: some that have come far, one with a fault, a warning, a token, and one that is given out once. */
export const fleet: Machines = {
  'control-1': 'config: {hostname: control-1}\n',
  'control-2': 'config: {hostname: control-2}\n',
  'control-3': 'config: {hostname: control-3}\n',
  'a-name-that-is-as-long-as-names-of-machines-may-be.example.org': '',
  'worker-1': 'once: true\n',
  'worker-2': 'config: {hostnam: worker-2}\n',
  'worker-3': 'config:\n  bos:\n    labels: 3\n',
  'worker-4': 'token: a-token-that-nobody-guesses\n',
};

export async function asInTheFleet(served: Served): Promise<void> {
  const at = Date.UTC(2026, 10, 30, 9, 30);
  const come: readonly EntryName[] = ['first-byte', 'last-byte', 'booted-medium', 'installed', 'booted-disk'];
  for (const [machine, steps] of [
    ['control-1', 5],
    ['control-2', 4],
    ['control-3', 3],
    ['worker-1', 2],
  ] as const)
    for (const [index, name] of come.slice(0, steps).entries())
      await served.report(machine, name, at + index * 97_000);
}

export const thousand: Machines = Object.fromEntries(
  Array.from({ length: 1000 }, (_, index) => [`node${`${index}`.padStart(4, '0')}`, '']),
);
