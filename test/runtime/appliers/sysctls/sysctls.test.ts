import { join, normalize } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { sysctlPath } from '../../../../src/config/checks/sysctls.ts';
import type { Files } from '../../../../src/host/ports.ts';
import type { RunPhase } from '../../../../src/runtime/appliers/applier.ts';
import { applyContext } from '../../../../src/runtime/appliers/applier.ts';
import { renderSysctls } from '../../../../src/runtime/appliers/sysctls/sysctl-key.ts';
import { sysctlFile, sysctlsApplier } from '../../../../src/runtime/appliers/sysctls/sysctls.ts';
import { runs } from '../../../properties.ts';
import type { FakeRoot } from '../../fake-root.ts';
import { fakeRoot } from '../../fake-root.ts';

const path = test.macro((t, key: string, expected: string) => {
  t.is(sysctlPath(key), expected);
});
test('sysctl key: dots', path, 'net.ipv4.ip_forward', 'net/ipv4/ip_forward');
test('sysctl key: slashes', path, 'net/ipv4/ip_forward', 'net/ipv4/ip_forward');
test(
  'sysctl key: a dot in a name',
  path,
  'net.ipv4.conf.eth0/1.forwarding',
  'net/ipv4/conf/eth0.1/forwarding',
);
test(
  'sysctl key: slashes keep dots',
  path,
  'net/ipv4/conf/eth0.1/forwarding',
  'net/ipv4/conf/eth0.1/forwarding',
);

const refusedKey = test.macro((t, key: string) => {
  t.throws(() => sysctlPath(key), { message: /is not the name of a kernel setting/ });
});
for (const key of [
  '',
  '.',
  '../../etc/passwd',
  'net/../../../etc/passwd',
  'kernel//hostname',
  '/kernel/hostname',
  'kernel.//.//.//etc',
  'kernel..hostname',
  'net.ipv4.conf.*.rp_filter',
  '-kernel.printk',
  'kernel.printk = 1\nkernel.panic',
  'kernel.a\0b',
])
  test(`sysctl key refused: ${JSON.stringify(key)}`, refusedKey, key);

const anyKey = fc.string({ unit: fc.constantFrom('a', 'B', '_', '-', '.', '/', '*', ' ', '\n', 'é') });

test('sysctl key: whatever is taken stays below /proc/sys, and systemd reads the file as the same path', (t) => {
  fc.assert(
    fc.property(anyKey, (key) => {
      let found: string;
      try {
        found = sysctlPath(key);
      } catch {
        return;
      }
      const whole = join('/proc/sys', found);
      t.true(whole.startsWith('/proc/sys/'));
      t.is(whole, normalize(`/proc/sys/${found}`));
      t.is(whole.slice('/proc/sys/'.length), found);
      // sysctl.d(5): what the file says means the same path again.
      t.is(sysctlPath(found), found);
      t.is(renderSysctls(new Map([[found, ' 1 ']])).split('\n')[1], `-${found} = 1`);
    }),
    { numRuns: runs(2000) },
  );
});

const apply = (
  fake: FakeRoot,
  settings: Readonly<Record<string, string>>,
  phase: RunPhase = 'boot',
  files?: Files,
) =>
  sysctlsApplier.run(
    applyContext(files === undefined ? fake.host : { ...fake.host, files }, fake.root, phase, {
      'bos.sysctls': settings,
    }),
  );

async function withSettings(t: Parameters<typeof fakeRoot>[0]) {
  const fake = await fakeRoot(t);
  await fake.write('proc/sys/kernel/printk', '4\t4\t1\t7\n');
  await fake.write('proc/sys/kernel/kptr_restrict', '0\n');
  const written: string[] = [];
  const files: Files = {
    ...fake.host.files,
    write: (file, data, options) => {
      written.push(file.slice(fake.root.length));
      if (String(data) === 'no\n')
        return Promise.reject(Object.assign(new Error('EINVAL'), { code: 'EINVAL' }));
      return fake.host.files.write(file, data, options);
    },
    writeAtomic: (file, data, options) => {
      written.push(file.slice(fake.root.length));
      return fake.host.files.writeAtomic(file, data, options);
    },
  };
  return { fake, written, files };
}

test('sysctls: written at once and for systemd-sysctl; a second time nothing is', async (t) => {
  const { fake, written, files } = await withSettings(t);
  const settings = { 'kernel.printk': '4 4 1 7', 'kernel/kptr_restrict': '1' };
  await apply(fake, settings, 'initrd', files);
  t.deepEqual(written, ['/proc/sys/kernel/kptr_restrict', sysctlFile]);
  t.is(await fake.read('proc/sys/kernel/kptr_restrict'), '1\n');
  t.regex(await fake.read(sysctlFile), /^#.*\n-kernel\/printk = 4 4 1 7\n-kernel\/kptr_restrict = 1\n$/);
  await apply(fake, settings, 'boot', files);
  await apply(fake, settings, 'runtime', files);
  t.is(written.length, 2);
});

test('sysctls: the file comes last of all that Debian ships', (t) => {
  const shipped = ['99-sysctl.conf', '99-protect-links.conf', '60-bos.conf'];
  const own = sysctlFile.split('/').at(-1) ?? '';
  t.is([own, ...shipped].toSorted().at(-1), own);
});

test('sysctls: a setting that does not exist yet is left to the phases that follow', async (t) => {
  const { fake } = await withSettings(t);
  const settings = { 'net.bridge.bridge-nf-call-iptables': '1', 'kernel.kptr_restrict': '2' };
  await apply(fake, settings, 'initrd');
  await apply(fake, settings, 'boot');
  t.true((await fake.read(sysctlFile)).includes('-net/bridge/bridge-nf-call-iptables = 1'));
  const error = await t.throwsAsync(apply(fake, settings, 'runtime'));
  t.is(error?.message, 'this kernel has no setting net.bridge.bridge-nf-call-iptables');
  await fake.write('proc/sys/net/bridge/bridge-nf-call-iptables', '0\n');
  await apply(fake, settings, 'runtime');
  t.is(await fake.read('proc/sys/net/bridge/bridge-nf-call-iptables'), '1\n');
});

test('sysctls: faulty ones are named, the others apply', async (t) => {
  const { fake, files } = await withSettings(t);
  const settings = {
    'kernel.printk': 'no',
    '../../../etc/shadow': 'x',
    'kernel.kptr_restrict': '2',
    kernel: '1',
    'kernel.panic': '1\nkernel.printk = 9',
  };
  const error = await t.throwsAsync(apply(fake, settings, 'boot', files));
  const message = error?.message ?? '';
  t.regex(message, /kernel\.printk: the kernel refuses the value "no"/);
  t.regex(message, /"\.\.\/\.\.\/\.\.\/etc\/shadow" is not the name/);
  t.regex(message, /this kernel has no setting kernel(;|$)/);
  t.regex(message, /kernel\.panic: the value must be one line/);
  t.is(await fake.read('proc/sys/kernel/kptr_restrict'), '2\n');
  t.notRegex(await fake.read(sysctlFile), /shadow|panic/);
});

test('sysctls: one that can only be written is written', async (t) => {
  const { fake, files, written } = await withSettings(t);
  await fake.write('proc/sys/vm/compact_memory', '');
  const readText = (file: string) =>
    file.endsWith('compact_memory') ? Promise.reject(new Error('EACCES')) : files.readText(file);
  await apply(fake, { 'vm.compact_memory': '1' }, 'runtime', { ...files, readText });
  t.is(written[0], '/proc/sys/vm/compact_memory');
});
