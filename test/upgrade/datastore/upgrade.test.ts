/** What an upgrade and a rollback say of the datastore of DCP, and the room that its copy needs. */
import test from 'ava';
import { upgradeRows } from '../../../src/cli/commands/status/upgrade-rows.ts';
import type { OpsError } from '../../../src/errors.ts';
import type { DatastoreRecord } from '../../../src/upgrade/datastore/record.ts';
import { rollback, upgrade } from '../../../src/upgrade/run.ts';
import { upgradeStatus } from '../../../src/upgrade/status.ts';
import { fakeNode, installed, medium, type NodeSetup, request, state, systemFiles } from '../node.ts';

const server = '/var/lib/bhojpur/dcp/server';
const folder = `${server}/bos-datastore`;
const old = { ...installed, dcp: 'v1' };
const next = { kernel: installed.kernel, os: '0.2.0', dcp: 'v2' };
const reserve = 64 * 1024 * 1024;
const db = { [`${server}/db/state.db`]: 'x'.repeat(50_000) };
/** 13 blocks of the file, one of the folder. */
const bytes = 14 * 4096;
const kept = { dcp: 'v1', at: '2026-11-20T06:10:00.000Z', bytes };
const aside = { dcp: 'v3', at: '2026-11-21T06:10:00.000Z', bytes, name: 'v3-x', automatic: false };

const record = (more: Partial<DatastoreRecord>): Record<string, string> => ({
  [`${folder}/record.json`]: JSON.stringify({ v: 1, owner: 'v1', aside: [], ...more }),
  [`${folder}/kept/${more.kept?.dcp ?? 'none'}/state.db`]: '',
});

const node = (setup: NodeSetup = {}) =>
  fakeNode({ versions: old, ...setup, files: { ...medium('/medium', next), ...db, ...setup.files } });

/** After an upgrade from v1 to v2 that has proved itself. */
const upgraded = (files: Record<string, string>) =>
  fakeNode({
    versions: next,
    others: { bos_previous_kernel: old.kernel, bos_previous_os: old.os, bos_previous_dcp: 'v1' },
    files: {
      ...Object.fromEntries(
        Object.entries(systemFiles(old)).map(([path, text]) => [`${state}/${path}`, text]),
      ),
      [`${state}/bos/system/manifest.json`]: bothManifests(),
      ...db,
      ...files,
    },
  });

function bothManifests(): string {
  const [one, two] = [old, next].map((versions) => medium('', versions)['/bos/system/manifest.json'] ?? '');
  const [before, after] = [JSON.parse(one ?? ''), JSON.parse(two ?? '')];
  const files = new Map([...before.files, ...after.files].map((file: { path: string }) => [file.path, file]));
  return `${JSON.stringify({ ...after, files: [...files.values()] }, null, 2)}\n`;
}

async function saidBy(work: (options: object) => Promise<unknown>): Promise<string[]> {
  const said: string[] = [];
  await work({ emit: () => {}, say: (line: string) => said.push(line) });
  return said;
}

const copies = `Before DCP v2 starts, the datastore of DCP v1 (57.3 kB) is copied; a return sets it back.`;

test('an upgrade of DCP says that the datastore is copied first; in a dry run, too', async (t) => {
  for (const dryRun of [true, false])
    t.deepEqual(await saidBy((options) => upgrade(node(), request({ dryRun }), options as never)), [copies]);
  const same = node({ files: medium('/medium', { ...next, dcp: 'v1' }) });
  t.deepEqual(await saidBy((options) => upgrade(same, request(), options as never)), []);
  const first = node({ versions: installed });
  t.deepEqual(await saidBy((options) => upgrade(first, request(), options as never)), []);
});

test('what cannot be kept is said before', async (t) => {
  const etcd = node({ files: { [`${server}/db/etcd/member/snap/db`]: '' } });
  const [line = ''] = await saidBy((options) => upgrade(etcd, request(), options as never));
  t.regex(
    line,
    /is an etcd, which may be that of a cluster .* neither kept nor set back.*dcp etcd-snapshot save/,
  );
  const mountinfo = `30 1 8:16 / ${server}/db rw - ext4 /dev/sdb rw\n`;
  const mounted = node({ files: { '/proc/self/mountinfo': mountinfo } });
  const [other = ''] = await saidBy((options) => upgrade(mounted, request(), options as never));
  t.regex(other, /is a file system of its own: it is neither kept nor set back/);
});

test('the room of the copy is counted before anything is written', async (t) => {
  const files = Object.values(systemFiles(next)).concat(Object.values(systemFiles(old)));
  const system = files.reduce((sum, text) => sum + Math.ceil(text.length / 4096) * 4096, 0);
  const short = node({ freeSpace: reserve + bytes });
  const before = short.tree('/');
  const error = await t.throwsAsync<OpsError>(upgrade(short, request(), { emit: () => {} }), {
    code: 'space',
  });
  t.deepEqual(error?.details, ['a copy of the datastore of DCP takes 57.3 kB']);
  const { 'var/log/bos/upgrade.log': _, ...after } = short.tree('/');
  t.deepEqual(after, before);
  await upgrade(node({ freeSpace: reserve + bytes + system }), request(), { emit: () => {} });
  // The same room is enough where DCP stays.
  await upgrade(
    node({ freeSpace: reserve + bytes, files: medium('/medium', { ...next, dcp: 'v1' }) }),
    request(),
    { emit: () => {} },
  );
});

test('on a file system of its own the room is asked for there; what was put aside is named', async (t) => {
  const mountinfo = [
    '1 1 8:3 / /run/bos/state rw - ext4 /dev/sda3 rw',
    '2 1 8:16 / /var rw - ext4 /dev/sdb rw',
  ];
  const files = { '/proc/self/mountinfo': mountinfo.join('\n'), ...record({ aside: [aside] }) };
  const other = node({ files });
  Object.assign(other.files, {
    freeSpace: async (path: string) => (path.startsWith('/var') ? reserve + bytes - 1 : 1e12),
  });
  const error = await t.throwsAsync<OpsError>(upgrade(other, request(), { emit: () => {} }), {
    code: 'datastore-space',
  });
  t.deepEqual(error?.details, [
    `the datastore: ${server}/db, 57.3 kB`,
    `the datastore of DCP v3 put aside takes 57.3 kB: ${folder}/aside/v3-x`,
  ]);
  const enough = node({ files });
  Object.assign(enough.files, {
    freeSpace: async (path: string) => (path.startsWith('/var') ? reserve + bytes : 1e12),
  });
  await upgrade(enough, request(), { emit: () => {} });
});

test('what is staged is committed only with room for the copy', async (t) => {
  const host = node();
  await upgrade(host, request({ mode: 'stage' }), { emit: () => {} });
  const { source: _, ...commit } = request();
  Object.assign(host.files, { freeSpace: async () => reserve + bytes - 1 });
  await t.throwsAsync(upgrade(host, commit, { emit: () => {} }), { code: 'datastore-space' });
  Object.assign(host.files, { freeSpace: async () => reserve + bytes });
  t.deepEqual(await saidBy((options) => upgrade(host, commit, options as never)), [copies]);
});

test('what is kept for a DCP that goes with the upgrade gives its room', async (t) => {
  const gone = { ...kept, dcp: 'v0' };
  const host = node({ files: record({ kept: gone }) });
  await upgrade(host, request({ mode: 'stage' }), { emit: () => {} });
  const { source: _, ...commit } = request();
  Object.assign(host.files, { freeSpace: async () => reserve });
  await t.notThrowsAsync(upgrade(host, commit, { emit: () => {} }));
});

test('a rollback says of when the datastore is that it sets back; in a dry run, too', async (t) => {
  for (const dryRun of [true, false]) {
    const host = upgraded(record({ owner: 'v2', kept }));
    t.deepEqual(await saidBy((options) => rollback(host, { root: '/', dryRun }, options as never)), [
      'The datastore of DCP v1 of 2026-11-20 06:10 UTC is set back with the next start. What DCP v2 has written since then ' +
        `is put aside in ${folder}/aside.`,
    ]);
  }
});

test('a record that is damaged keeps nobody from returning, but from upgrading', async (t) => {
  const damaged = { [`${folder}/record.json`]: '{' };
  const [line = ''] = await saidBy((options) =>
    rollback(upgraded(damaged), { root: '/', dryRun: false }, options as never),
  );
  t.regex(line, /^The datastore of DCP cannot be looked at: .*record\.json is not a record/);
  await t.throwsAsync(upgrade(node({ files: damaged }), request(), { emit: () => {} }), {
    code: 'datastore-record',
  });
});

test('status lists what is kept, and what was put aside with its place', async (t) => {
  const host = upgraded(record({ owner: 'v2', kept, aside: [aside] }));
  const status = await upgradeStatus(host, '/');
  t.deepEqual(status.datastore, {
    kept: { ...kept, path: `${folder}/kept/v1` },
    aside: [{ dcp: 'v3', at: aside.at, bytes, path: `${folder}/aside/v3-x` }],
  });
  t.deepEqual(upgradeRows(status).slice(-2), [
    ['datastore', 'kept for a return: DCP v1, 2026-11-20 06:10 UTC, 57.3 kB'],
    ['', `put aside: DCP v3, 2026-11-21 06:10 UTC, 57.3 kB: ${folder}/aside/v3-x`],
  ]);
  t.false('datastore' in (await upgradeStatus(upgraded(record({ owner: 'v2' })), '/')));
  t.false('datastore' in (await upgradeStatus(upgraded({ [`${folder}/record.json`]: '{' }), '/')));
  await host.files.remove(`${folder}/kept/v1`);
  t.is((await upgradeStatus(host, '/')).datastore?.kept, undefined);
});
