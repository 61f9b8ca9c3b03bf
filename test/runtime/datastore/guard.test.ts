/** Before DCP starts: the datastore is kept, or set back; what a power cut, a full disk or a second process make of it. */
import test from 'ava';
import { datastoreFaultPath } from '../../../src/upgrade/datastore/record.ts';
import { cutHost, folder, nodeWithDatastore, server } from './node-with-datastore.ts';

test('a new DCP gets the datastore once it is kept; a second start leaves that as it is', async (t) => {
  const node = nodeWithDatastore();
  await node.host.files.chmod(`${server}/db/state.db`, 0o600);
  await node.host.files.chmod(`${server}/db/nested`, 0o710);
  await node.host.files.symlink('state.db', `${server}/db/link`);
  t.is(await node.start('v2', 'c'), 'rows');
  const kept = {
    'v1/link': '-> state.db',
    'v1/nested/more': 'more rows',
    'v1/state.db': 'rows',
  };
  t.deepEqual(node.kept(), kept);
  t.is(await node.mode(`${folder}/kept/v1/state.db`), '600');
  t.is(await node.mode(`${folder}/kept/v1/nested`), '710');
  t.is(await node.host.files.readLink(`${folder}/kept/v1/link`), 'state.db');
  t.is(await node.mode(folder), '700');
  t.is(await node.mode(`${folder}/kept`), '700');
  t.is(await node.mode(`${folder}/record.json`), '600');
  const { at: _, ...recorded } = (await node.record()).kept ?? {};
  t.deepEqual(recorded, { dcp: 'v1', bytes: 5 * 4096 });
  t.is((await node.record()).owner, 'v2');
  t.is(await node.start('v2', 'c'), 'rows, v2');
  t.deepEqual(node.kept(), kept);
  t.deepEqual(node.said, [
    'the datastore of DCP v1 is copied before DCP v2 starts',
    'the datastore of DCP v1 is kept (20.5 kB): a return sets it back',
  ]);
});

test('the copy is on the disk and compared before it counts, and is recorded before DCP starts', async (t) => {
  const node = nodeWithDatastore();
  const partial = `${folder}/partial`;
  const kept = `${folder}/kept/v1`;
  const digests: string[] = [];
  const { digest } = node.host.files;
  Object.assign(node.host.files, {
    digest: (path: string) => {
      digests.push(path);
      node.host.effects.push({ kind: 'run', path: `digest ${path}` });
      return digest(path);
    },
  });
  await node.guard('v2', 'c');
  const order = [
    `write ${partial}/state.db copy of ${server}/db/state.db`,
    // chown(2) takes bits of the mode away.
    `chown ${partial}/state.db 0:0`,
    `chmod ${partial}/state.db 0644`,
    `chmod ${partial} 0755`,
    `run sync -f ${partial}`,
    `run digest ${server}/db/state.db`,
    `run digest ${partial}/state.db`,
    `rename ${partial} -> ${kept}`,
    `run sync -f ${kept}`,
    `replace ${folder}/record.json 0600`,
  ].map((line) => node.effects().indexOf(line));
  t.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
  );
  t.false(order.includes(-1), node.effects().join('\n'));
  t.true(digests.includes(`${partial}/nested/more`));
  t.is(node.effects().filter((line) => line.startsWith('replace ')).length, 1);
});

test('a copy that reads back differently does not count, and DCP does not start', async (t) => {
  const node = nodeWithDatastore();
  const { copy } = node.host.files;
  Object.assign(node.host.files, {
    copy: async (from: string, to: string) => {
      await copy(from, to);
      if (to.endsWith('nested/more')) await node.host.files.write(to, 'more r0ws');
    },
  });
  await t.throwsAsync(node.guard('v2', 'c'), { code: 'read-back' });
  t.deepEqual(node.host.tree(folder), {});
  t.is(await node.data(), 'rows');
});

test('a return sets it back, and puts the newer one aside; another return replaces that', async (t) => {
  const node = nodeWithDatastore();
  await node.start('v2', 'c');
  t.is(await node.start('v1', 'p'), 'rows');
  t.deepEqual(node.kept(), {});
  const { owner, aside, kept } = await node.record();
  t.like({ owner, kept }, { owner: 'v1', kept: undefined });
  t.is(aside.length, 1);
  t.like(aside[0], { dcp: 'v2', automatic: true, bytes: 4 * 4096 });
  t.is(await node.mode(`${folder}/aside`), '700');
  const name = aside[0]?.name ?? '';
  t.regex(name, /^v2-\d{8}T\d{6}Z$/);
  t.is(await node.host.files.readText(`${folder}/aside/${name}/state.db`), 'rows, v2');
  t.regex(node.said.at(-2) ?? '', /^the datastore of DCP v1 of 20\d\d-.* UTC is set back$/);
  t.is(node.said.at(-1), `the datastore of DCP v2 is put aside: ${folder}/aside/${name}`);
  // The same version again: what the older one has by now is kept, not what was kept before.
  t.is(await node.start('v2', 'c'), 'rows, v1');
  t.is(node.kept()['v1/state.db'], 'rows, v1');
  t.is(await node.start('v1', 'p'), 'rows, v1');
  const again = await node.record();
  t.is(again.aside.length, 1);
  t.deepEqual(await node.host.files.list(`${folder}/aside`), [again.aside[0]?.name]);
});

test('a rollback by hand after days of work: all that was written stays until a person removes it', async (t) => {
  const node = nodeWithDatastore();
  await node.start('v2', 'c');
  await node.start('v2');
  t.is(await node.start('v1'), 'rows');
  await node.start('v2');
  await node.start('v1', 'p');
  await node.start('v2', 'c');
  t.is(await node.start('v1', 'p'), 'rows, v1, v1');
  const { aside } = await node.record();
  t.deepEqual(
    aside.map(({ automatic }) => automatic),
    [false, true],
  );
  t.is(await node.host.files.readText(`${folder}/aside/${aside[0]?.name}/state.db`), 'rows, v2, v2');
  const names = await node.host.files.list(`${folder}/aside`);
  t.deepEqual(names, aside.map(({ name }) => name).toSorted());
});

test('of a return, each rename is on the disk before the next, and the record says it before and after', async (t) => {
  const node = nodeWithDatastore();
  await node.start('v2', 'c');
  node.host.effects.length = 0;
  await node.guard('v1', 'p');
  const name = (await node.record()).aside[0]?.name;
  const db = `${server}/db`;
  const put = `${folder}/aside/${name}`;
  const record = `replace ${folder}/record.json 0600`;
  t.deepEqual(
    node.effects().filter((line) => /^(replace|rename|run sync)/.test(line)),
    [
      record,
      `rename ${db} -> ${put}`,
      `run sync -f ${put}`,
      `rename ${folder}/kept/v1 -> ${db}`,
      `run sync -f ${db}`,
      record,
    ],
  );
});

test('a power cut after any write of the copy: no DCP finds anything but a whole datastore of its own', async (t) => {
  for (let after = 0; ; after += 1) {
    const node = nodeWithDatastore();
    const ended = await node.guard('v2', 'c', cutHost(node.host, after)).then(
      () => true,
      () => false,
    );
    t.is(await node.data(), 'rows', `cut after ${after}`);
    // A person starts the old one: nothing has happened to it.
    if (after % 2 === 0) t.is(await node.start('v1', ended ? 'p' : ''), 'rows', `cut after ${after}`);
    const before = (await node.data()) ?? '';
    t.is(await node.start('v2', 'c'), before, `cut after ${after}`);
    t.is(node.kept()['v1/state.db'], before, `cut after ${after}`);
    t.is(await node.start('v1', 'p'), before, `cut after ${after}`);
    t.false(await node.host.files.exists(`${folder}/partial`));
    if (ended) break;
    t.true(after < 60);
  }
});

test('a power cut after any write of a return: it comes to its end, and nothing is lost', async (t) => {
  for (let after = 0; ; after += 1) {
    const node = nodeWithDatastore();
    // An earlier return has left something that this one replaces.
    await node.start('v2', 'c');
    await node.start('v1', 'p');
    await node.start('v2', 'c');
    const ended = await node.guard('v1', 'p', cutHost(node.host, after)).then(
      () => true,
      () => false,
    );
    const next = after % 2 === 0 ? 'v1' : 'v2';
    const found = await node.start(next, '');
    // v2 goes on with its own, or where the return had begun with that of v1, which is kept again.
    const expected = next === 'v1' ? ['rows, v1'] : ['rows, v1', 'rows, v1, v2'];
    t.true(expected.includes(found), `cut after ${after}: ${found}`);
    const then = next === 'v1' ? 'rows, v1, v1' : 'rows, v1';
    t.is(await node.start('v1', 'p'), then, `cut after ${after}`);
    const { aside, owner } = await node.record();
    t.is(owner, 'v1');
    const put = await Promise.all(
      aside.map(({ name }) => node.host.files.readText(`${folder}/aside/${name}/state.db`)),
    );
    t.true(
      put.some((text) => text.startsWith('rows, v1, v2') || text.startsWith('rows, v2')),
      `cut after ${after}`,
    );
    t.deepEqual(
      await node.host.files.list(`${folder}/aside`),
      aside.map(({ name }) => name).toSorted(),
      `cut after ${after}`,
    );
    if (ended) break;
    t.true(after < 60);
  }
});

test('without room nothing is copied: DCP does not start, and says the numbers', async (t) => {
  const node = nodeWithDatastore();
  Object.assign(node.host.files, { freeSpace: async () => 64 * 1024 * 1024 + 4 * 4096 - 1 });
  const error = await t.throwsAsync(node.guard('v2', 'c'), { code: 'datastore-space' });
  t.regex(
    (error as unknown as { details: string[] }).details.join(),
    /needs 67\.1 MB, but there are 67\.1 MB free/,
  );
  t.regex(await node.host.files.readText(datastoreFaultPath), /^The datastore of DCP v1 cannot be kept/);
  t.false(await node.host.files.exists(`${folder}/kept`));
  t.is(await node.data(), 'rows');
  let told = false;
  Object.assign(node.host.files, {
    freeSpace: async () => {
      told = await node.host.files.exists(datastoreFaultPath);
      return 64 * 1024 * 1024 + 4 * 4096;
    },
  });
  await node.guard('v2', 'c');
  t.true(told, 'it is told until another attempt has succeeded');
  t.false(await node.host.files.exists(datastoreFaultPath));
});

test('a disk that fills up during the copy: what is half there goes', async (t) => {
  const node = nodeWithDatastore();
  const { copy } = node.host.files;
  const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  Object.assign(node.host.files, {
    copy: (from: string, to: string) => (to.endsWith('state.db') ? Promise.reject(full) : copy(from, to)),
  });
  await t.throwsAsync(node.guard('v2', 'c'), { code: 'ENOSPC' });
  t.deepEqual(node.host.tree(folder), {});
  t.is(await node.data(), 'rows');
});

test('what is left over counts for nothing', async (t) => {
  const node = nodeWithDatastore();
  await node.host.files.writeAtomic(`${folder}/partial/state.db`, 'ro');
  await node.host.files.writeAtomic(`${folder}/kept/v1/state.db`, 'half');
  await node.host.files.writeAtomic(`${folder}/kept/v0/state.db`, 'of nobody');
  await node.start('v2', 'c');
  t.deepEqual(node.kept(), { 'v1/state.db': 'rows', 'v1/nested/more': 'more rows' });
  t.false(await node.host.files.exists(`${folder}/partial`));
});

test('half a copy takes no space once another start has no use for it', async (t) => {
  const node = nodeWithDatastore();
  await node.guard('v1');
  await node.host.files.writeAtomic(`${folder}/partial/state.db`, 'ro');
  await node.guard('v1');
  t.false(await node.host.files.exists(`${folder}/partial`));
});

test('a kept datastore of another size, or a record that is none, is not acted on', async (t) => {
  const node = nodeWithDatastore();
  await node.start('v2', 'c');
  await node.host.files.remove(`${folder}/kept/v1/nested/more`);
  await t.throwsAsync(node.guard('v1', 'p'), { code: 'datastore-damaged' });
  t.is(await node.data(), 'rows, v2');
  // As the hint says: it is taken away.
  await node.host.files.rename(`${folder}/kept/v1`, '/var/mine');
  t.is(await node.start('v1', 'p'), 'rows, v2');
  await node.host.files.write(`${folder}/record.json`, '{"v":1');
  await t.throwsAsync(node.guard('v1', 'p'), { code: 'datastore-record' });
  t.regex(await node.host.files.readText(datastoreFaultPath), /is not a record/);
});

test('what is kept for a DCP that is gone makes room for the next', async (t) => {
  const node = nodeWithDatastore();
  await node.start('v2', 'c');
  let room: readonly string[] = [];
  Object.assign(node.host.files, {
    freeSpace: async () => {
      room = await node.host.files.list(`${folder}/kept`);
      return 1e12;
    },
  });
  await node.host.files.remove('/bos/system/dcp/v1');
  await node.start('v3', 'c');
  t.deepEqual(room, []);
  t.is(node.kept()['v2/state.db'], 'rows, v2');
  // One that is still on the disk stays until the next copy is whole.
  await node.start('v4', 'c');
  t.deepEqual(room, ['v2']);
  t.deepEqual(await node.host.files.list(`${folder}/kept`), ['v3']);
});

test('it goes when its DCP has gone, also with an upgrade that leaves DCP as it is', async (t) => {
  const node = nodeWithDatastore();
  await node.start('v2', 'c');
  await node.start('v2');
  t.deepEqual(await node.host.files.list(`${folder}/kept`), ['v1']);
  await node.host.files.remove('/bos/system/dcp/v1');
  node.host.effects.length = 0;
  await node.start('v2');
  t.deepEqual(await node.host.files.list(`${folder}/kept`), []);
  const order = node.effects().filter((line) => /^(replace|remove .*\/kept\/)/.test(line));
  const recorded = [`replace ${folder}/record.json 0600`, `remove ${folder}/kept/v1`];
  t.deepEqual(order, recorded, 'a record never names what is half removed');
  t.deepEqual(await node.record(), { v: 1, owner: 'v2', aside: [] });
});

test('a second process waits for nothing and changes nothing', async (t) => {
  const node = nodeWithDatastore();
  const { copy } = node.host.files;
  let refused: unknown;
  Object.assign(node.host.files, {
    copy: async (from: string, to: string) => {
      refused ??= await node.guard('v2', 'c').catch((error: unknown) => error);
      return copy(from, to);
    },
  });
  await node.guard('v2', 'c');
  t.like(refused, { code: 'datastore-running' });
  t.is(node.kept()['v1/state.db'], 'rows');
});

test('the first start that records: whose it is, is said by the boot loader or by the last upgrade', async (t) => {
  const same = nodeWithDatastore();
  await same.guard('v2');
  t.deepEqual(await same.record(), { v: 1, owner: 'v2', aside: [] });
  t.deepEqual(same.kept(), {});
  const uncounted = nodeWithDatastore();
  const to = { kernel: '6.1.2', os: '2.0.0', dcp: 'v2' };
  const last = { from: { ...to, dcp: 'v0' }, to, at: 'x', source: 'x', end: 'pending' };
  await uncounted.host.files.writeAtomic(
    '/var/lib/bhojpur/os/upgrades.json',
    JSON.stringify({ v: 1, last, returned: [], proved: [] }),
  );
  await uncounted.guard('v2');
  t.is(uncounted.kept()['v0/state.db'], 'rows');
});

test('nothing is done where there is nothing to keep', async (t) => {
  const node = nodeWithDatastore();
  const untouched = async () => t.false(await node.host.files.exists(folder));
  await node.guard('', 'c');
  await untouched();
  await node.host.files.writeAtomic(
    '/var/lib/bhojpur/os/config.yaml',
    'bos: {server_url: "https://a:6443"}\n',
  );
  await node.guard('v2', 'c');
  await untouched();
  await node.host.files.writeAtomic(
    '/var/lib/bhojpur/os/config.yaml',
    'bos: {dcp_args: [server, --cluster-init]}\n',
  );
  await node.guard('v2', 'c');
  await untouched();
  t.deepEqual(node.said, []);
});
