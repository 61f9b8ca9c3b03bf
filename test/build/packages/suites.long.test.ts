/**
 * No suite of Debian is lost silently: the real apt against small archives on a local server, signed by a key of their
 * own (test/build/packages/archive). The security archive of mirrors is absent, stale or somebody else's in practice.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { prepareApt } from '../../../src/build/packages/apt.ts';
import { checkSuites } from '../../../src/build/packages/suites.ts';
import type { OpsError } from '../../../src/errors.ts';
import type { Host } from '../../../src/host/ports.ts';
import { folder, realHost } from '../support.ts';

const archive = new URL('archive/', import.meta.url).pathname;
const ours = {
  'debian/dists/bookworm': 'bookworm',
  'debian/dists/bookworm-updates': 'bookworm-updates',
};
const whole = { ...ours, 'debian-security/dists/bookworm-security': 'bookworm-security' };

interface Mirror {
  readonly host: Host;
  readonly url: string;
  readonly cache: string;
}

/** A server with the archives of `suites` (folder → InRelease), and a host whose apt trusts their key alone. */
async function mirror(
  t: ExecutionContext,
  suites: Readonly<Record<string, string>>,
  settings = '',
): Promise<Mirror> {
  const cache = await folder(t);
  const server = createServer((request, response) => {
    const [, suite = '', name = ''] = /^\/(.*?\/dists\/[^/]+)\/(.*)$/.exec(request.url ?? '') ?? [];
    const release = Object.hasOwn(suites, suite) ? suites[suite] : undefined;
    const file =
      name === 'InRelease' ? release : /binary-[^/]+\/Packages$/.test(name) ? 'Packages' : undefined;
    if (release === undefined || file === undefined) response.writeHead(404).end();
    else response.end(readFileSync(archive + file));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const config = `Dir::Etc::trusted "${archive}key.gpg";\nDir::Etc::trustedparts "/nonexistent";\nAcquire::Retries::Delay "false";\n${settings}`;
  await realHost.files.write(`${cache}/apt.conf`, config);
  const env = { APT_CONFIG: `${cache}/apt.conf`, no_proxy: '127.0.0.1' };
  const host: Host = {
    ...realHost,
    processes: {
      ...realHost.processes,
      run: (command, args, options) => realHost.processes.run(command, args, { ...options, env }),
    },
  };
  return { host, cache, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/debian` };
}

interface Choices {
  readonly withoutSecurity?: boolean;
  readonly allowExpired?: boolean;
  readonly locked?: boolean;
}

async function update({ host, url, cache }: Mirror, choices: Choices = {}): Promise<string> {
  const options = { arch: 'amd64', folder: `${cache}/apt`, mirror: url, ...choices } as const;
  const apt = await prepareApt(host, options);
  const { unreached } = await apt.run(['update']);
  await checkSuites(host, options, unreached);
  return (await host.files.readText(`${cache}/apt/etc/sources.list`)).replaceAll(url, 'M');
}

const twoSuites = 'deb M bookworm main\ndeb M bookworm-updates main\n';
const threeSuites = `${twoSuites}deb M-security bookworm-security main\n`;

test('a mirror with all three suites is taken', async (t) => {
  t.is(await update(await mirror(t, whole)), threeSuites);
});

const lost: readonly (readonly [
  what: string,
  suites: Readonly<Record<string, string>>,
  code: string,
  says: RegExp,
])[] = [
  ['the security archive answers 404', ours, 'security-missing', /has no security updates/],
  [
    'the security archive has expired',
    { ...ours, 'debian-security/dists/bookworm-security': 'expired' },
    'archive-date',
    /expired.*security updates may be missing/,
  ],
  [
    'the security archive is of another origin, whose packages are never taken',
    { ...ours, 'debian-security/dists/bookworm-security': 'other-origin' },
    'suite-missing',
    /bookworm-security/,
  ],
  [
    'the security archive has nothing for this architecture',
    { ...ours, 'debian-security/dists/bookworm-security': 'other-architecture' },
    'suite-missing',
    /bookworm-security/,
  ],
  [
    'the security archive lacks the component main',
    { ...ours, 'debian-security/dists/bookworm-security': 'other-component' },
    'suite-missing',
    /bookworm-security/,
  ],
  [
    'under the name of the suite is that of another release',
    { ...ours, 'debian-security/dists/bookworm-security': 'other-suite' },
    'suite-missing',
    /bookworm-security/,
  ],
  [
    'the updates of the stable release answer 404',
    {
      'debian/dists/bookworm': 'bookworm',
      'debian-security/dists/bookworm-security': 'bookworm-security',
    },
    'packages-unavailable',
    /apt-get update failed/,
  ],
  [
    'the updates of the stable release have another origin',
    { ...whole, 'debian/dists/bookworm-updates': 'other-origin' },
    'suite-missing',
    /bookworm-updates/,
  ],
];

for (const [what, suites, code, says] of lost)
  test(`refused, with what to do: ${what}`, async (t) => {
    const error = await t.throwsAsync<OpsError>(update(await mirror(t, suites)));
    t.like(error, { kind: 'refused', code }, error?.message);
    t.regex(error?.message ?? '', says);
    t.regex(error?.hint ?? '', /mirror/);
  });

test('without security, when that is asked for', async (t) => {
  t.is(await update(await mirror(t, ours), { withoutSecurity: true }), twoSuites);
});

test('what the machine that builds allows itself is not inherited', async (t) => {
  const lax = [
    'Acquire::Check-Valid-Until "false";',
    'Acquire::AllowInsecureRepositories "true";',
    'APT::Get::AllowUnauthenticated "true";',
  ].join('\n');
  const expired = { ...ours, 'debian-security/dists/bookworm-security': 'expired' };
  const error = await t.throwsAsync<OpsError>(update(await mirror(t, expired, lax)));
  t.is(error?.code, 'archive-date');
  t.regex(error?.hint ?? '', /--allow-expired/);
  const nobodys = await mirror(t, whole, `${lax}\nDir::Etc::trusted "/nonexistent";\n`);
  t.is((await t.throwsAsync<OpsError>(update(nobodys)))?.code, 'packages-unavailable');
});

test('an archive of an earlier day is taken when that is asked for, and for a lock', async (t) => {
  const expired = await mirror(t, { ...ours, 'debian-security/dists/bookworm-security': 'expired' });
  t.is(await update(expired, { allowExpired: true }), threeSuites);
  t.is(await update(expired, { locked: true }), threeSuites);
});

test('a lock needs no security archive: its digests say what is installed', async (t) => {
  const { host, url, cache } = await mirror(t, ours);
  await prepareApt(host, { arch: 'amd64', folder: `${cache}/apt`, mirror: url, locked: true });
  t.is((await host.files.readText(`${cache}/apt/etc/sources.list`)).replaceAll(url, 'M'), twoSuites);
});
