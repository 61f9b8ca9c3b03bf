/** What nobody would see in time is refused; what somebody sees is enough. */
import test from 'ava';
import { formatDiagnostic } from '../../../src/config/diagnostics.ts';
import { checkedConfig } from '../../../src/install/check/checked-config.ts';
import { install } from '../../../src/install/run.ts';
import type { Event } from '../../../src/plan/events.ts';
import { fakeHost } from '../../fakes/host.ts';
import { facts, liveHost, request } from '../fixtures.ts';

const serving = (text: string) => ({
  http: async () => ({ status: 200, headers: {}, body: Buffer.from(text) }),
});
const configUrl = 'https://server/a.yaml';
const labels = 'bos: {lables: {region: a}}\n';

test('silent: a warning about how the node registers is refused, with what to do', async (t) => {
  const host = fakeHost(serving(labels));
  const error = await t.throwsAsync(checkedConfig(host, request({ configUrl })), { code: 'config-warnings' });
  t.regex(JSON.stringify(error), /bos\.lables: is not a key; did you mean bos\.labels\?/);
  t.regex(JSON.stringify(error), /--allow-warnings \(bos\.install\.allow_warnings\)/);
});

test('silent: allowed, or about nothing of that kind', async (t) => {
  const allowed = await checkedConfig(fakeHost(serving(labels)), request({ configUrl, allowWarnings: true }));
  t.is(allowed.warnings.length, 1);
  const other = await checkedConfig(fakeHost(serving('packages: [curl]\n')), request({ configUrl }));
  t.deepEqual(other.warnings.map(formatDiagnostic), [
    'https://server/a.yaml:1:1: warning: packages: is not a key',
  ]);
});

test('a person sees them, those of the command line too', async (t) => {
  const place = { file: 'kernel command line', line: 1, column: 1 };
  const warnings = [{ severity: 'warning', place, key: 'bos.x', message: 'is not a key' }] as const;
  const config = await checkedConfig(
    fakeHost(serving(labels)),
    request({ configUrl, silent: false, warnings }),
  );
  t.deepEqual(
    config.warnings.map(({ key }) => key),
    ['bos.x', 'bos.lables'],
  );
});

const refusedFiles: readonly string[] = [
  'k3os: {server_url: "https://master:6443", token: x}',
  'bos: {serverUrl: "https://master:6443"}',
  'bos: {dcp_args: [server, true]}',
  'write_files: [{path: /etc/a, encoding: gz+b64, content: H4sIAAAAAAAA}]',
  'bos: {wifi: [{name: h, passphrase: short}]}',
];
for (const text of refusedFiles) {
  test(`refused, whoever looks: ${text}`, async (t) => {
    const host = fakeHost(serving(text));
    const asked = request({ configUrl, silent: false, allowWarnings: true });
    await t.throwsAsync(checkedConfig(host, asked), { code: 'config-invalid' });
  });
}

test('where nobody is asked, warnings are the first events', async (t) => {
  const host = liveHost();
  const events: Event[] = [];
  const place = { file: 'kernel command line', line: 1, column: 1 };
  const warnings = [{ severity: 'warning', place, key: 'bos.x', message: 'is not a key' }] as const;
  await install(host, request({ dryRun: true, warnings }), facts(), {
    emit: (event) => events.push(event),
  });
  t.like(events[0], { type: 'warning', message: 'kernel command line:1:1: bos.x: is not a key' });
});
