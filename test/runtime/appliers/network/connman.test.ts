import type { ExecutionContext } from 'ava';
import test from 'ava';
import type { Config } from '../../../../src/config/config.ts';
import type { RunPhase } from '../../../../src/runtime/appliers/applier.ts';
import { applyContext } from '../../../../src/runtime/appliers/applier.ts';
import { connmanApplier, connmanStartApplier } from '../../../../src/runtime/appliers/network/connman.ts';
import { fallbackFile } from '../../../../src/runtime/appliers/network/fallback-nameservers.ts';
import { fakeRoot } from '../../fake-root.ts';
import { readKeyFile } from './glib-key-file.ts';

const shipped =
  '[General]\nPreferredTechnologies=ethernet,wifi\n# ours\nNetworkInterfaceBlacklist=veth,cni\n';
const main = 'etc/connman/main.conf';

async function machine(t: ExecutionContext, text?: string) {
  const fake = await fakeRoot(t);
  await fake.write('run/bos/os/etc/connman/main.conf', shipped);
  if (text !== undefined) await fake.write(main, text);
  const ran: string[] = [];
  const failing = new Set<string>();
  const run = async (command: string, args: readonly string[]) => {
    ran.push([command, ...args].join(' '));
    if (failing.has(command)) throw new Error(`${command} failed`);
    return { exitCode: 0, stdout: '', stderr: '' };
  };
  const host = { ...fake.host, processes: { ...fake.host.processes, run } };
  const apply = (config: Config, phase: RunPhase) =>
    connmanApplier.run(applyContext(host, fake.root, phase, config));
  /** What the boot phase does, with `lastMinute` between: a command of boot_cmd. */
  const boot = async (config: Config, lastMinute = async () => {}) => {
    await apply(config, 'boot');
    await lastMinute();
    await connmanStartApplier.run(applyContext(host, fake.root, 'boot', config));
  };
  const general = async () => readKeyFile(await fake.read(main))?.get('General');
  return { fake, ran, failing, apply, boot, general };
}

const both: Config = {
  'bos.ntp_servers': ['0.pool.ntp.org', '192.0.2.1'],
  'bos.dns_nameservers': ['1.1.1.1', '2606:4700::1111', 'fe80::1%eth0'],
};

test('connman: both lists in main.conf, the rest kept; three phases restart nothing', async (t) => {
  const { fake, ran, apply, boot, general } = await machine(t, shipped);
  await boot(both);
  t.true((await fake.read(main)).startsWith(shipped));
  t.is((await general())?.get('FallbackTimeservers'), '0.pool.ntp.org,192.0.2.1');
  t.is((await general())?.get('FallbackNameservers'), '1.1.1.1,2606:4700::1111,fe80::1%eth0');
  // write_files writes its own again, before.
  await fake.write(main, shipped);
  await apply(both, 'runtime');
  await apply(both, 'runtime');
  t.deepEqual(ran, []);
});

test('connman: a change at runtime restarts it once', async (t) => {
  const { fake, ran, apply, boot, general } = await machine(t, shipped);
  await boot({});
  t.is(await fake.read(main), shipped);
  await apply(both, 'runtime');
  t.deepEqual(ran, [
    'systemctl try-restart connman.service',
    'connmand-wait-online --timeout=20',
    'systemctl start bos-resolv.path bos-resolv.service',
  ]);
  await apply(both, 'runtime');
  t.is(ran.length, 3);
  await apply({ 'bos.dns_nameservers': [] }, 'runtime');
  t.false((await general())?.has('FallbackNameservers'));
  t.is(await fake.read(fallbackFile), '');
  t.deepEqual(ran.slice(3), ran.slice(0, 3));
});

test('connman: fallback name servers for resolv.conf, from the keys or from another’s main.conf', async (t) => {
  const { fake, ran, boot } = await machine(t, shipped);
  await boot({});
  t.false(await fake.host.files.exists(`${fake.root}${fallbackFile}`));
  await boot(both);
  t.is(
    await fake.read(fallbackFile),
    'nameserver 1.1.1.1\nnameserver 2606:4700::1111\nnameserver fe80::1%eth0\n',
  );
  await fake.write(main, '[General]\nFallbackNameservers = 9.9.9.9, dns.example.com,,1.1.1.1\n');
  await boot({});
  t.is(await fake.read(fallbackFile), 'nameserver 9.9.9.9\nnameserver 1.1.1.1\n');
  t.deepEqual(ran, []);
});

const script = new URL('../../../../os/overlay/usr/lib/bhojpur/resolv-fallback', import.meta.url).pathname;

test('connman: resolv.conf gets them only while connman has none, and is written no more than needed', async (t) => {
  const { fake } = await machine(t);
  const { files, processes } = fake.host;
  const [file, fallback] = ['resolv.conf', 'fallback'].map((name) => `${fake.root}/${name}`) as [
    string,
    string,
  ];
  /** Runs it twice; a second write would call for it again. */
  const run = async (theirs: string | undefined, servers: string) => {
    if (theirs !== undefined) await files.write(file, theirs);
    await files.write(fallback, servers);
    await processes.run('sh', [script, file, fallback]);
    const [text, stat] = [await files.readText(file), await files.stat(file)];
    await processes.run('sh', [script, file, fallback]);
    t.deepEqual(await files.stat(file), stat);
    return text.split('\n').filter((line) => !line.startsWith('#'));
  };
  t.deepEqual(await run(undefined, 'nameserver 1.1.1.1\n'), ['nameserver 1.1.1.1', '']);
  t.deepEqual(await run('# connman\nsearch a\n', 'nameserver 9.9.9.9\n'), [
    'search a',
    'nameserver 9.9.9.9',
    '',
  ]);
  t.deepEqual(await run(undefined, 'nameserver 8.8.8.8\n'), ['search a', 'nameserver 8.8.8.8', '']);
  t.deepEqual(await run(undefined, ''), ['search a', '']);
  const given = 'search a\nnameserver 10.0.2.3\n';
  t.deepEqual(await run(given, 'nameserver 1.1.1.1\n'), given.split('\n'));
});

test('connman: name servers of bos.network are in resolv.conf whatever connman has, before those to fall back to', async (t) => {
  const { fake } = await machine(t);
  const { files, processes } = fake.host;
  const [file = '', fallback = '', own = ''] = ['resolv.conf', 'fallback', 'own'].map(
    (name) => `${fake.root}/${name}`,
  );
  const run = async (theirs: string | undefined, servers: string) => {
    if (theirs !== undefined) await files.write(file, theirs);
    await files.write(own, servers);
    for (const _ of [1, 2]) await processes.run('sh', [script, file, fallback, own]);
    return (await files.readText(file)).split('\n').filter((line) => !line.startsWith('#'));
  };
  await files.write(fallback, 'nameserver 9.9.9.9\n');
  const ours = 'nameserver 192.0.2.53\nsearch example.com\n';
  t.deepEqual(await run(undefined, ours), ['nameserver 192.0.2.53', 'search example.com', '']);
  t.deepEqual(await run('nameserver 10.0.2.3\n', ours), [
    ...['nameserver 10.0.2.3', 'nameserver 192.0.2.53', 'search example.com', ''],
  ]);
  t.deepEqual(await run(undefined, ''), ['nameserver 10.0.2.3', '']);
  t.deepEqual(await run('# connman\n', ''), ['nameserver 9.9.9.9', '']);
});

test('connman: what write_files changed at runtime counts too', async (t) => {
  const { fake, ran, apply, boot } = await machine(t, shipped);
  await boot({});
  await fake.write(main, `${shipped}EnableOnlineCheck=false\n`);
  await apply({}, 'runtime');
  t.is(ran[0], 'systemctl try-restart connman.service');
});

test('connman: what a command of the boot phase changed is what it started with', async (t) => {
  const { fake, ran, apply, boot } = await machine(t, shipped);
  await boot(both, async () => fake.write(main, `${await fake.read(main)}EnableOnlineCheck=false\n`));
  await apply(both, 'runtime');
  t.deepEqual(ran, []);
});

test('connman: a restart that fails is tried again; no network after it is no fault', async (t) => {
  const { ran, failing, apply, boot } = await machine(t, shipped);
  await boot({});
  failing.add('systemctl');
  await t.throwsAsync(apply(both, 'runtime'), { message: /systemctl failed/ });
  failing.delete('systemctl');
  failing.add('connmand-wait-online');
  await apply(both, 'runtime');
  for (const word of ['try-restart', 'bos-resolv']) t.is(ran.filter((line) => line.includes(word)).length, 2);
  const { length } = ran;
  await apply(both, 'runtime');
  t.is(ran.length, length);
});

test('connman: the file of the image when there is none', async (t) => {
  const { fake, boot, general } = await machine(t);
  await boot({});
  t.false(await fake.host.files.exists(`${fake.root}/${main}`));
  await boot(both);
  t.is((await general())?.get('NetworkInterfaceBlacklist'), 'veth,cni');
  t.is(await fake.mode(main), '644');
});

test('connman: another’s file keeps its bytes and its mode', async (t) => {
  const { fake, boot } = await machine(t, shipped);
  const { files } = fake.host;
  await files.write(`${fake.root}/${main}`, Buffer.from('# caf\xe9\n[General]\n', 'latin1'), { mode: 0o640 });
  await boot(both);
  t.true((await files.read(`${fake.root}/${main}`)).includes(Buffer.from('# caf\xe9\n', 'latin1')));
  t.is(await fake.mode(main), '640');
});

test('connman: a name is no name server, a comma no time server; the others apply', async (t) => {
  const { boot, general } = await machine(t, shipped);
  const error = await t.throwsAsync(
    boot({
      'bos.ntp_servers': ['a b', 'x,y', 'ntp.example.com'],
      'bos.dns_nameservers': ['dns.example.com', '8.8.8.8', '1.2.3.256', ':::'],
    }),
  );
  t.regex(error?.message ?? '', /bos\.ntp_servers: "a b" is not a host name or an IP address; .*"x,y"/);
  t.regex(error?.message ?? '', /bos\.dns_nameservers: "dns\.example\.com" is not an IP address/);
  t.regex(error?.message ?? '', /"1\.2\.3\.256".*":::"/);
  t.is((await general())?.get('FallbackNameservers'), '8.8.8.8');
  t.is((await general())?.get('FallbackTimeservers'), 'ntp.example.com');
});

test('connman: a list of nothing but faults takes away nothing', async (t) => {
  const { boot, general } = await machine(t, `${shipped}FallbackNameservers=9.9.9.9\n`);
  await t.throwsAsync(boot({ 'bos.dns_nameservers': ['dns.example.com'] }));
  t.is((await general())?.get('FallbackNameservers'), '9.9.9.9');
});

test('connman: a file that it would not read is said', async (t) => {
  const { boot } = await machine(t, '[General]\nSELINUX\n');
  await t.throwsAsync(boot({}), { message: /main\.conf: connman ignores it, because line 2/ });
});
