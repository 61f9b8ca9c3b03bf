import type { ExecutionContext } from 'ava';
import test from 'ava';
import { ToolFailed } from '../../../src/host/tool-failed.ts';
import { applyContext } from '../../../src/runtime/appliers/applier.ts';
import { modulesApplier } from '../../../src/runtime/appliers/modules.ts';
import { fakeRoot } from '../fake-root.ts';

const messages: Readonly<Record<string, string>> = {
  unknown:
    'modprobe: FATAL: Module unknown not found in directory /lib/modules/6.1.0-1-test\nmodprobe: too bad',
  kvm_amd: "modprobe: ERROR: could not insert 'kvm_amd': Operation not supported",
};

/** A kernel that takes every module but those above. */
async function kernel(t: ExecutionContext) {
  const fake = await fakeRoot(t);
  const loaded = ['nf_conntrack', 'br_netfilter'];
  const calls: string[] = [];
  const proc = () =>
    fake.write('proc/modules', loaded.map((name) => `${name} 16384 0 - Live 0x0\n`).join(''));
  await proc();
  await fake.write('proc/sys/kernel/osrelease', '6.1.0-1-test\n');
  await fake.write(
    'usr/lib/modules/6.1.0-1-test/modules.builtin',
    'kernel/fs/ext4/ext4.ko\nkernel/crypto/crc32c-x.ko\n',
  );
  const run = async (command: string, args: readonly string[]) => {
    calls.push([command, ...args].join(' '));
    const names = args.slice(args.indexOf('--') + 1);
    const good = names.filter((name) => messages[name] === undefined);
    loaded.push(...good.filter((name) => name !== 'fs-alias'));
    await proc();
    const stderr = names.flatMap((name) => messages[name] ?? []).join('\n');
    if (stderr !== '') throw new ToolFailed({ command, args, exitCode: 1, stdout: '', stderr });
    return { exitCode: 0, stdout: '', stderr: '' };
  };
  const host = { ...fake.host, processes: { ...fake.host.processes, run } };
  const apply = (...names: string[]) =>
    modulesApplier.run(applyContext(host, fake.root, 'boot', { 'bos.modules': names }));
  return { apply, calls, loaded };
}

test('modules: one process for all that is missing, whichever way a name is written', async (t) => {
  const { apply, calls, loaded } = await kernel(t);
  await apply('kvm', 'br-netfilter', 'nvme-core', 'nvme_core', 'ext4');
  t.deepEqual(calls, ['modprobe -a -- kvm nvme_core']);
  await apply('kvm', 'nvme-core');
  t.is(calls.length, 1);
  t.true(loaded.includes('kvm'));
});

test('modules: what is loaded or built in spawns nothing', async (t) => {
  const { apply, calls } = await kernel(t);
  await apply('ext4', 'crc32c_x', 'nf_conntrack');
  t.deepEqual(calls, []);
});

test('modules: an unknown one is named, the others are loaded', async (t) => {
  const { apply, loaded } = await kernel(t);
  const error = await t.throwsAsync(apply('unknown', 'kvm', 'kvm_amd', 'fs-alias'));
  t.regex(error?.message ?? '', /^there is no module unknown for the running kernel; the module kvm_amd/);
  t.regex(error?.message ?? '', /Operation not supported/);
  t.notRegex(error?.message ?? '', /fs-alias|too bad/);
  t.true(loaded.includes('kvm'));
});

test('modules: one with parameters has a process of its own, before the others', async (t) => {
  const { apply, calls } = await kernel(t);
  await apply('kvm', ' bonding  mode=4 miimon=100', 'nvme-core', 'nf_conntrack hashsize=1');
  t.deepEqual(calls, ['modprobe -- bonding mode=4 miimon=100', 'modprobe -a -- kvm nvme-core']);
  await apply('bonding mode=4 miimon=100');
  t.is(calls.length, 2);
});
