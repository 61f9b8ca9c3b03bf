/** Where apt is told to look for packages, and what is said when they are not there. */
import test from 'ava';
import { prepareApt } from '../../../src/build/packages/apt.ts';
import type { PackageLock } from '../../../src/build/packages/lock.ts';
import { fetchLocked, resolvePackages } from '../../../src/build/packages/packages.ts';
import type { OpsError } from '../../../src/errors.ts';
import { type FakeHost, fakeHost } from '../../fakes/host.ts';

const folder = '/cache/apt';
const list = `${folder}/etc/sources.list`;
const mirror = 'http://mirror.example/debian';
const main = `deb ${mirror} bookworm main\ndeb ${mirror} bookworm-updates main\n`;
const security = `deb ${mirror}-security bookworm-security main\n`;

/** apt-get that ends with `stderr`, when it is given one; what was in sources.list when it ran. */
function apt(stderr?: string) {
  const seen: string[] = [];
  const host = fakeHost({
    tools: {
      'apt-get': async () => {
        seen.push(await host.files.readText(list));
        return stderr === undefined ? '' : { exitCode: 100, stderr };
      },
    },
  });
  return { host, seen };
}

test('a mirror with a security archive beside it serves all three suites', async (t) => {
  for (const given of [mirror, `${mirror}/`]) {
    const { host, seen } = apt();
    await prepareApt(host, { arch: 'amd64', folder, mirror: given });
    t.deepEqual(seen, [security], 'only that archive is asked for');
    t.is(await host.files.readText(list), main + security);
  }
});

test('a mirror without one is refused, unless it is asked for without security', async (t) => {
  for (const words of ['does not have', 'no longer has']) {
    const { host } = apt(
      `E: The repository '${mirror}-security bookworm-security Release' ${words} a Release file.\n`,
    );
    await t.throwsAsync(prepareApt(host, { arch: 'amd64', folder, mirror }), { code: 'security-missing' });
    await prepareApt(host, { arch: 'amd64', folder, mirror, withoutSecurity: true });
    t.is(await host.files.readText(list), main);
  }
});

test('any other failure does not drop the security suite silently', async (t) => {
  const { host } = apt('E: GPG error: The repository is not signed.\n');
  await t.throwsAsync(prepareApt(host, { arch: 'amd64', folder, mirror }), { code: 'packages-unavailable' });
});

const refusedLine =
  'W: Failed to fetch http://mirror.example/debian/dists/bookworm/InRelease  Could not connect to mirror.example:80';

test('a mirror that was named has to answer; what apt says then is shown, with what to do', async (t) => {
  const { host } = apt(`${refusedLine.replace('W:', 'E:')}\n`);
  const error = await t.throwsAsync(prepareApt(host, { arch: 'amd64', folder, mirror }), {
    message: 'apt-get update failed',
  });
  t.like(error, { kind: 'refused', details: [refusedLine.replace('W:', 'E:')] });
  t.regex((error as OpsError).hint ?? '', /network.*--mirror/);
  t.true(host.ran.every((line) => line.includes('-o APT::Update::Error-Mode=any')));
});

test('when none of the sources of the host answers, the words of apt are the reason', async (t) => {
  const host = fakeHost({ tools: { 'apt-get': () => ({ stderr: `${refusedLine}\n` }) } });
  const error = await t.throwsAsync(resolvePackages(host, ['systemd'], { arch: 'amd64', folder }));
  t.like(error, { code: 'packages-unavailable', kind: 'refused', details: [refusedLine] });
  t.regex((error as OpsError).hint ?? '', /network.*--mirror/);
});

test('packages of a lock that a source lacks, and one that cannot be asked', async (t) => {
  const missing = 'E: Unable to locate package systemd';
  const lacking = (warning: string) =>
    fakeHost({
      tools: {
        'apt-get': (args) =>
          args.includes('update') ? { stderr: warning } : { exitCode: 100, stderr: `${missing}\n` },
      },
    });
  const one = { name: 'systemd', version: '252', file: 'systemd_252_amd64.deb', sha256: '0'.repeat(64) };
  const lock: PackageLock = { v: 1, arch: 'amd64', date: 1, packages: [one] };
  const fetched = (host: FakeHost) => t.throwsAsync(fetchLocked(host, lock, { arch: 'amd64', folder }));
  t.like(await fetched(lacking('W: a key is in the old place\n')), {
    code: 'lock-mismatch',
    details: [missing],
  });
  t.like(await fetched(lacking(`${refusedLine}\n`)), {
    code: 'packages-unavailable',
    details: [refusedLine, missing],
  });
});

test('without a mirror nothing is asked: the sources are those of the host', async (t) => {
  const { host, seen } = apt();
  await prepareApt(host, { arch: 'amd64', folder });
  t.deepEqual(seen, []);
  t.is(await host.files.readText(list), '');
});

test('without security and without a mirror: a copy of those of the host, less what has security updates', async (t) => {
  const { host } = apt();
  const parts = '/etc/apt/sources.list.d';
  await host.files.makeDir(parts);
  await host.files.write('/etc/apt/sources.list', 'deb M bookworm main\ndeb S bookworm-security main\n');
  await host.files.write(`${parts}/more.sources`, 'URIs: M\nSuites: bookworm-updates bookworm-security\n');
  await host.files.write(`${parts}/old.list.save`, 'deb X bookworm main\n');
  await prepareApt(host, { arch: 'amd64', folder, withoutSecurity: true });
  t.is(await host.files.readText(list), 'deb M bookworm main\n');
  const copied = `${folder}/etc/sources.d`;
  t.deepEqual(await host.files.list(copied), ['more.sources']);
  t.is(await host.files.readText(`${copied}/more.sources`), 'URIs: M\nSuites: bookworm-updates\n');
  await prepareApt(host, { arch: 'amd64', folder });
  t.deepEqual(await host.files.list(copied), [], 'nothing is left of it for the next build');
});
