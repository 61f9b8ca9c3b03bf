/** Where apt is told to look for packages. */
import test from 'ava';
import { prepareApt } from '../../src/image/apt.ts';
import { fakeHost } from '../fakes/host.ts';

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

test('a mirror without one serves the other two', async (t) => {
  const { host } = apt(
    `E: The repository '${mirror}-security bookworm-security Release' does not have a Release file.\n`,
  );
  await prepareApt(host, { arch: 'amd64', folder, mirror });
  t.is(await host.files.readText(list), main);
});

test('any other failure does not drop the security suite silently', async (t) => {
  const { host } = apt('E: GPG error: The repository is not signed.\n');
  await t.throwsAsync(prepareApt(host, { arch: 'amd64', folder, mirror }), { code: 'packages-unavailable' });
});

test('without a mirror nothing is asked: the sources are those of the host', async (t) => {
  const { host, seen } = apt();
  await prepareApt(host, { arch: 'amd64', folder });
  t.deepEqual(seen, []);
  t.is(await host.files.readText(list), '');
});
