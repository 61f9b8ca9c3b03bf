/** Upgrades of a node in memory: what starts, what stays, and what a power cut leaves. */
import { readFileSync } from 'node:fs';
import test from 'ava';
import { sha256Of } from '../../src/host/digest.ts';
import { readUpgradeRecord } from '../../src/upgrade/record.ts';
import { rollback, upgrade } from '../../src/upgrade/run.ts';
import type { FakeHost } from '../fakes/host.ts';
import {
  environmentOf,
  fakeNode,
  faultsOf,
  installed,
  manifestOf,
  medium,
  options,
  request,
  startsWhole,
  state,
  systemFiles,
} from './node.ts';

const next = { kernel: '6.1.0-49-amd64', os: '0.2.0' };
const withNext = { files: medium('/medium', next) };
const list = async (host: FakeHost, component: string) =>
  (await host.files.list(`${state}/bos/system/${component}`)).filter(
    (name) => !/^(current|previous)$/.test(name),
  );

test('a new version starts from the next boot on, on trial; the old one stays', async (t) => {
  const host = fakeNode(withNext);
  const done = await upgrade(host, request(), options);
  t.true(done.changed);
  t.is(
    done.message,
    'The next start is of 0.2.0 (kernel 6.1.0-49-amd64, without DCP). It has 3 starts to prove itself; otherwise 0.1.0 comes back.',
  );
  const { kernel, os, dcp, others } = await environmentOf(host);
  t.deepEqual({ kernel, os, dcp }, { ...next, dcp: null });
  t.deepEqual(others, {
    bos_previous_kernel: installed.kernel,
    bos_previous_os: '0.1.0',
    bos_previous_dcp: '',
    bos_tries: 'cccpppr',
  });
  t.deepEqual(await faultsOf(host), []);
  t.deepEqual(await list(host, 'os'), ['0.1.0', '0.2.0']);
  t.is(await host.files.readLink(`${state}/bos/system/os/current`), '0.2.0');
  t.is(await host.files.readLink(`${state}/bos/system/kernel/previous`), installed.kernel);
  const { last } = await readUpgradeRecord(host.files, '/');
  t.like(last, { to: { os: '0.2.0' }, from: { os: '0.1.0' }, source: '/medium', end: 'pending' });
});

test('what the next version shares with this one is not copied', async (t) => {
  const same = { kernel: installed.kernel, os: '0.2.0' };
  const host = fakeNode({ files: medium('/medium', same) });
  await upgrade(host, request(), options);
  t.deepEqual(await list(host, 'kernel'), [installed.kernel]);
  t.deepEqual(await list(host, 'os'), ['0.1.0', '0.2.0']);
  t.is((await environmentOf(host)).kernel, installed.kernel);
});

test('other content of a version that is there gets a name of its own: what runs is not written over', async (t) => {
  const other = { kernel: installed.kernel, os: '0.2.0', content: ' rebuilt' };
  const host = fakeNode({ files: medium('/medium', other) });
  await upgrade(host, request(), options);
  const { kernel } = await environmentOf(host);
  t.regex(kernel, /^6\.1\.0-40-amd64\+[0-9a-f]{8}$/);
  t.is(
    await host.files.readText(`${state}/bos/system/kernel/${kernel}/initrd`),
    `initrd of ${installed.kernel} rebuilt`,
  );
  t.is(
    await host.files.readText(`${state}/bos/system/kernel/${installed.kernel}/initrd`),
    `initrd of ${installed.kernel}`,
  );
  t.deepEqual(await faultsOf(host), []);
});

test('one component alone', async (t) => {
  const host = fakeNode({ ...withNext });
  await upgrade(host, request({ components: ['kernel'] }), options);
  const { kernel, os } = await environmentOf(host);
  t.deepEqual({ kernel, os }, { kernel: next.kernel, os: '0.1.0' });
  t.deepEqual(await list(host, 'os'), ['0.1.0']);
});

test('a source without DCP leaves DCP as it is; one that is named must be there', async (t) => {
  const versions = { ...installed, dcp: 'v1.25' };
  const host = fakeNode({ versions, ...withNext });
  await upgrade(host, request(), options);
  t.is((await environmentOf(host)).dcp, 'v1.25');
  await t.throwsAsync(upgrade(fakeNode(withNext), request({ components: ['dcp'] }), options), {
    code: 'component-missing',
  });
});

test('the same version again is nothing to do, and says so', async (t) => {
  const host = fakeNode({ files: medium('/medium', installed) });
  const done = await upgrade(host, request(), options);
  t.false(done.changed);
  t.is(done.message, 'Nothing to do: this node runs 0.1.0 (kernel 6.1.0-40-amd64, without DCP).');
  t.false(host.effects.some(({ kind, path }) => kind === 'write' && path.startsWith(state)));
});

test('refusals leave the node as it was', async (t) => {
  const tree = (host: FakeHost) => host.tree(state);
  const cases = [
    ['downgrade', fakeNode({ files: medium('/medium', { ...next, os: '0.0.9' }) })],
    ['version-unordered', fakeNode({ files: medium('/medium', { ...next, os: 'latest' }) })],
    ['trial-pending', fakeNode({ ...withNext, others: { bos_tries: 'ccpppr' } })],
    ['medium-arch', fakeNode({ files: medium('/medium', next, 'arm64') })],
    ['space', fakeNode({ ...withNext, freeSpace: 1000 })],
    ['source-not-found', fakeNode({ files: { '/medium/x': '' } })],
    [
      'medium-incomplete',
      fakeNode({ files: { ...withNext.files, '/medium/bos/system/os/0.2.0/rootfs.squashfs': '' } }),
    ],
    ['manifest-invalid', fakeNode({ files: { ...withNext.files, '/medium/bos/system/manifest.json': '{' } })],
    ['environment-invalid', fakeNode({ ...withNext, others: { bos_tries: 'xyz' } })],
  ] as const;
  for (const [code, host] of cases) {
    const before = await tree(host);
    const error = await t.throwsAsync(upgrade(host, request(), options), { code }, code);
    t.like(error, { kind: 'refused' }, code);
    t.deepEqual(await tree(host), before, code);
  }
  const live = fakeNode(withNext);
  await live.files.write(
    '/run/bos/boot.json',
    '{"v":1,"mode":"live","medium":"","mediumRoot":"","state":"","kernel":"6","os":"1","dcp":""}',
  );
  await t.throwsAsync(upgrade(live, request(), options), { code: 'not-installed' });
  await live.files.remove('/run/bos/boot.json');
  await t.throwsAsync(upgrade(live, request(), options), { code: 'not-bhojpur-os' });
});

test('with --force also an older one; one that the node returned from is remembered', async (t) => {
  const older = { kernel: installed.kernel, os: '0.0.9' };
  const host = fakeNode({ files: medium('/medium', older) });
  await upgrade(host, request({ force: true }), options);
  t.is((await environmentOf(host)).os, '0.0.9');
  await rollback(host, { root: '/', dryRun: false }, options);
  t.is((await environmentOf(host)).os, '0.1.0');
  t.is((await environmentOf(host)).others.bos_tries, undefined);
  await host.files.remove('/medium');
  for (const [path, text] of Object.entries(medium('/medium', next)))
    await host.files.write(path, text).catch(async () => {
      await host.files.makeDir(path.replace(/\/[^/]*$/, ''));
      await host.files.write(path, text);
    });
  await upgrade(host, request(), options);
  await rollback(host, { root: '/', dryRun: false }, options);
  const error = await t.throwsAsync(upgrade(host, request(), options), { code: 'version-returned' });
  t.regex(error?.message ?? '', /returned from version 0\.2\.0/);
  await upgrade(host, request({ force: true }), options);
  t.is((await environmentOf(host)).os, '0.2.0');
});

test('a second rollback does not go forward to what was left, unless it is named', async (t) => {
  const host = fakeNode(withNext);
  await upgrade(host, request(), options);
  await rollback(host, { root: '/', dryRun: false }, options);
  const error = await t.throwsAsync(rollback(host, { root: '/', dryRun: false }, options), {
    code: 'no-previous',
  });
  t.is((await environmentOf(host)).os, '0.1.0');
  t.like(error, { details: ['this node returned from 0.2.0'] });
  await rollback(host, { root: '/', dryRun: false, version: '0.2.0' }, options);
  t.is((await environmentOf(host)).os, '0.2.0');
});

test('three in a row leave two', async (t) => {
  const versions = ['0.2.0', '0.3.0', '0.4.0'].map((os, index) => ({ kernel: `6.1.${index}`, os }));
  const host = fakeNode({
    files: Object.assign({}, ...versions.map((one) => medium(`/medium-${one.os}`, one))) as Record<
      string,
      string
    >,
  });
  for (const { os } of versions) {
    await upgrade(host, request({ source: `/medium-${os}` }), options);
    await proveIt(host);
  }
  t.deepEqual(await list(host, 'os'), ['0.3.0', '0.4.0']);
  t.deepEqual(await list(host, 'kernel'), ['6.1.1', '6.1.2']);
  t.deepEqual(await faultsOf(host), []);
  t.is((await environmentOf(host)).others.bos_previous_os, '0.3.0');
});

/** As if it had been started and found good. */
async function proveIt(host: FakeHost): Promise<void> {
  const { changeInstalledEnvironment } = await import('../../src/boot/installed-environment.ts');
  await changeInstalledEnvironment(host, '/', { state: '/dev/vda3', esp: '' }, { bos_tries: undefined });
  const { kernel, os } = await environmentOf(host);
  const boot = JSON.parse(await host.files.readText('/run/bos/boot.json')) as object;
  await host.files.write('/run/bos/boot.json', JSON.stringify({ ...boot, kernel, os }));
}

test('of two at once the second is refused, and what the first does is in its journal', async (t) => {
  const host = fakeNode(withNext);
  const [first, second] = await Promise.allSettled([
    upgrade(host, request(), options),
    upgrade(host, request(), options),
  ]);
  t.deepEqual([first.status, second.status].toSorted(), ['fulfilled', 'rejected']);
  const refusal = [first, second].find((one) => one.status === 'rejected');
  t.is(refusal?.reason.code, 'upgrade-running');
  t.regex(await host.files.readText('/var/log/bos/upgrade.log'), /commit/);
});

test('staged now, committed later; what was staged is read again', async (t) => {
  const host = fakeNode(withNext);
  const staged = await upgrade(host, request({ mode: 'stage' }), options);
  t.regex(staged.message, /0\.2\.0 .* is on the disk/);
  t.is((await host.files.stat(`${state}/bos/system/staged.json`))?.mode, 0o644);
  t.is((await environmentOf(host)).os, '0.1.0');
  t.deepEqual((await environmentOf(host)).others, {});
  t.deepEqual(await faultsOf(host), []);
  const { source: _, ...commit } = request();
  const damaged = fakeNode(withNext);
  await upgrade(damaged, request({ mode: 'stage' }), options);
  await damaged.files.write(`${state}/bos/system/os/0.2.0/rootfs.squashfs`, 'rootfs of 0.2.1');
  await t.throwsAsync(upgrade(damaged, commit, options), { code: 'read-back' });
  t.is((await environmentOf(damaged)).os, '0.1.0');
  const done = await upgrade(host, commit, options);
  t.true(done.changed);
  t.is((await environmentOf(host)).os, '0.2.0');
  t.false(await host.files.exists(`${state}/bos/system/staged.json`));
  t.like((await readUpgradeRecord(host.files, '/')).last, { source: '/medium', end: 'pending' });
  await t.throwsAsync(upgrade(fakeNode(), commit, options), { code: 'nothing-staged' });
});

test('what cannot be counted is said: no tries where GRUB cannot write', async (t) => {
  const host = fakeNode({ ...withNext, others: { bos_automatic_return: 'off' } });
  const done = await upgrade(host, request(), options);
  t.is((await environmentOf(host)).others.bos_tries, undefined);
  t.regex(done.message, /cannot count starts here: if it fails, choose 0\.1\.0 in the boot menu/);
});

test('a menu of before starts were counted is brought to one that does; one that a person has changed is left', async (t) => {
  const path = `${state}/bos/system/grub/menu.cfg`;
  const old = readFileSync(new URL('../boot/older-menus/disk.cfg', import.meta.url), 'utf8');
  const host = fakeNode({ files: { ...withNext.files, [path]: old } });
  await upgrade(host, request(), options);
  const menu = await host.files.readText(path);
  t.true(menu.includes('save_env --file "$bos_environment" bos_tries'));
  t.is((await environmentOf(host)).others.bos_tries, 'cccpppr');
  const mine = fakeNode({
    files: { ...withNext.files, [path]: `${old.replace('fallback=1', 'fallback=2')}` },
  });
  const done = await upgrade(mine, request(), options);
  t.is((await environmentOf(mine)).others.bos_tries, undefined);
  t.regex(
    done.message,
    /The boot menu was changed by hand and does not count starts: if it fails, choose 0\.1\.0/,
  );
});

test('without room for a third, the oldest goes first', async (t) => {
  const old = { kernel: '6.0.0', os: '0.0.9' };
  const merged = {
    ...manifestOf(installed),
    files: [...manifestOf(installed).files, ...manifestOf(old).files],
  };
  const files = Object.fromEntries(
    Object.entries(systemFiles(old)).map(([path, text]) => [`${state}/${path}`, text]),
  );
  const reserve = 64 * 1024 * 1024;
  const host = fakeNode({
    ...{
      freeSpace: reserve + 4096,
      others: { bos_previous_kernel: '6.0.0', bos_previous_os: '0.0.9', bos_previous_dcp: '' },
    },
    files: {
      ...withNext.files,
      ...files,
      [`${state}/bos/system/manifest.json`]: `${JSON.stringify(merged, null, 2)}\n`,
    },
  });
  await upgrade(host, request(), options);
  t.deepEqual(await list(host, 'os'), ['0.1.0', '0.2.0']);
  const lines = host.effects.map(({ kind, path }) => `${kind} ${path}`);
  t.true(
    lines.findIndex((line) => /^remove .*os\/0\.0\.9/.test(line)) <
      lines.findIndex((line) => /^create .*os\/0\.2\.0/.test(line) || /^open .*os\/0\.2\.0/.test(line)),
  );
  t.deepEqual(await faultsOf(host), []);
});

test('a dry run writes nothing and shows the plan', async (t) => {
  const host = fakeNode(withNext);
  const before = host.tree(state);
  const shown: unknown[] = [];
  const done = await upgrade(host, request({ dryRun: true }), {
    ...options,
    onDryRun: (plan) => shown.push(plan),
  });
  t.false(done.changed);
  t.is(shown.length, 1);
  t.deepEqual(await host.tree(state), await before);
  t.snapshot(shown[0]);
});

test('a power cut at any write leaves a version that starts, whole', async (t) => {
  const whole = fakeNode(withNext);
  await upgrade(whole, request(), options);
  const writes = whole.effects.filter(changes).length;
  t.true(writes > 15);
  for (let cut = 1; cut <= writes; cut += 1) {
    const host = fakeNode(withNext);
    cutAfter(host, cut);
    await upgrade(host, request(), options).catch(() => {});
    const after = await restored(host);
    t.deepEqual(await startsWhole(after, [installed, next]), [], `cut at write ${cut}`);
    t.deepEqual(await faultsOf(after), [], `what the manifest lists after a cut at write ${cut}`);
    // And the same command comes to its end afterwards, unless it had.
    if ((await environmentOf(after)).os === '0.1.0') await upgrade(after, request(), options);
    t.is((await environmentOf(after)).os, '0.2.0');
    t.deepEqual(await faultsOf(after), []);
  }
});

const changing = ['create', 'write', 'replace', 'rename', 'remove', 'symlink', 'mkdir', 'chmod'];
const changes = ({ kind, path }: { kind: string; path: string }) =>
  changing.includes(kind) && (path.startsWith(state) || path.startsWith('/var/lib'));

/** From the given change on nothing reaches the disk, undoing included. */
function cutAfter(host: FakeHost, count: number): void {
  const { files } = host;
  let seen = 0;
  const dead = () => Promise.reject(Object.assign(new Error('EIO: power cut'), { code: 'EIO' }));
  const counted =
    <A extends readonly unknown[], R>(work: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> => {
      const path = args.filter((arg) => typeof arg === 'string' && arg.startsWith('/')).at(-1) as string;
      if (path.startsWith(state) || path.startsWith('/var/lib')) seen += 1;
      return seen >= count ? (dead() as Promise<R>) : work(...args);
    };
  const open = files.open;
  Object.assign(files, {
    write: counted(files.write),
    writeAtomic: counted(files.writeAtomic),
    rename: counted(files.rename),
    remove: counted(files.remove),
    symlink: counted(files.symlink),
    chmod: counted(files.chmod),
    open: async (path: string, flags: 'r' | 'r+' | 'w') => {
      if (flags === 'w') {
        seen += 1;
        if (seen >= count) return dead();
      }
      const file = await open(path, flags);
      return {
        ...file,
        read: (offset: number, length: number) => file.read(offset, length),
        readInto: (offset: number, target: Uint8Array) => file.readInto(offset, target),
        sync: () => file.sync(),
        dropCache: () => file.dropCache(),
        close: () => file.close(),
        size: file.size,
        write: (offset: number, data: Uint8Array) => {
          seen += 1;
          return seen >= count ? dead() : file.write(offset, data);
        },
      };
    },
  });
}

/** The same disk in a machine that works again. */
async function restored(host: FakeHost): Promise<FakeHost> {
  const files: Record<string, Buffer> = {};
  const links: [string, string][] = [];
  const walk = async (folder: string): Promise<void> => {
    for (const name of await host.files.list(folder)) {
      const path = `${folder}/${name}`;
      const stat = await host.files.stat(path);
      if (stat?.type === 'directory') await walk(path);
      else if (stat?.type === 'symlink') links.push([await host.files.readLink(path), path]);
      else files[path] = await host.files.read(path);
    }
  };
  await walk(state);
  await walk('/var/lib');
  const after = fakeNode({ files: { ...withNext.files, ...files } });
  for (const [target, path] of links) await after.files.symlink(target, path);
  return after;
}

test('digests of a test are those of what it holds', (t) => {
  const [file] = manifestOf(installed).files;
  t.is(file?.sha256, sha256Of(Buffer.from(`vmlinuz of ${installed.kernel}`)));
});
