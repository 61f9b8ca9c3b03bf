/** What a machine says of itself, in which mode, and what is left on its disk then. */
import test from 'ava';
import { refused } from '../../../src/errors.ts';
import type { Http, HttpStream } from '../../../src/host/ports.ts';
import {
  parseReportFile,
  type ReportFile,
  renderReportFile,
  signatureHeader,
  signatureOf,
} from '../../../src/operation/announce/report-file.ts';
import { announce } from '../../../src/runtime/announce/announce.ts';
import { fakeHost } from '../../fakes/host.ts';

const file: ReportFile = {
  url: 'https://10.0.2.2:8443/report/node1',
  machine: 'node1',
  secret: 'ab'.repeat(32),
  fingerprint: Array.from({ length: 32 }, () => 'AB').join(':'),
};
const boot = '0b2d1f1e-9d3c-4a55-8d57-0123456789ab';

interface Asked {
  readonly url: string;
  readonly body: string;
  readonly signature: string | undefined;
}

/** A machine, and a server that gives these answers, one after the other: statuses, or errors. */
function machine(mode: string, answers: readonly (number | Error)[], text = renderReportFile(file)) {
  const asked: Asked[] = [];
  const pins: (string | undefined)[] = [];
  const left = [...answers];
  const open: Http['open'] = async (url, options = {}) => {
    let body = '';
    for await (const piece of options.body?.pieces ?? []) body += Buffer.from(piece).toString();
    asked.push({ url, body, signature: options.headers?.[signatureHeader] });
    const answer = left.length > 1 ? left.shift() : left[0];
    if (answer instanceof Error) throw answer;
    return { status: answer, headers: {}, close: () => {} } as unknown as HttpStream;
  };
  const host = fakeHost({
    files: {
      '/run/bos/boot.json': JSON.stringify({ v: 1, mode }),
      '/proc/sys/kernel/random/boot_id': `${boot}\n`,
      '/bos/system/report.json': text,
      '/run/bos/state/bos/system/report.json': text,
    },
    open,
  });
  const using: Http['using'] = (settings) => {
    pins.push(settings.pin);
    return host.http;
  };
  const lines: string[] = [];
  const watched = { ...host, http: { ...host.http, using } };
  const run = () => announce(watched, '/', { say: (line) => void lines.push(line) });
  const kept = () => host.files.exists('/run/bos/state/bos/system/report.json');
  return { run, asked, pins, lines, kept, clock: host.clock };
}

for (const [mode, report] of [
  ['live', 'booted-medium'],
  ['install', 'booted-medium'],
  ['disk', 'booted-disk'],
  ['local', 'booted-disk'],
] as const)
  test(`${mode}: ${report}, signed, to the server with that certificate`, async (t) => {
    const { run, asked, pins, kept } = machine(mode, [200]);
    t.is(await run(), 'accepted');
    const body = JSON.stringify({ v: 1, machine: 'node1', report, boot });
    t.deepEqual(asked, [{ url: file.url, body, signature: signatureOf(file.secret, Buffer.from(body)) }]);
    t.deepEqual(pins, [file.fingerprint ?? undefined]);
    // The secret is of no more use when the disk has said its word.
    t.is(await kept(), report === 'booted-medium');
  });

test('a rescue shell says nothing', async (t) => {
  const { run, asked } = machine('shell', [200]);
  t.is(await run(), undefined);
  t.deepEqual(asked, []);
});

test('a server that is busy or away is asked again, one that refuses is not', async (t) => {
  const away = refused('url-unreachable', 'the server cannot be reached');
  const patient = machine('disk', [away, 503, 429, 200]);
  t.is(await patient.run(), 'accepted');
  t.is(patient.asked.length, 4);
  t.false(await patient.kept());
  for (const status of [301, 400, 401, 403, 404]) {
    const { run, asked, kept } = machine('disk', [status]);
    t.is(await run(), 'refused', `${status}`);
    t.is(asked.length, 1);
    t.true(await kept());
  }
});

test('half an hour is enough, and the next boot begins anew', async (t) => {
  const { run, clock, kept, lines } = machine('disk', [503]);
  const began = clock.monotonic();
  t.is(await run(), 'late');
  t.true(clock.monotonic() - began <= 30 * 60_000);
  t.true(clock.monotonic() - began > 25 * 60_000);
  t.true(await kept());
  t.regex(lines.at(-1) ?? '', /gave up$/);
  t.false(lines.join('\n').includes(file.secret));
});

test('a file that is none says so, and quotes nothing', async (t) => {
  for (const text of [
    ...[
      '',
      '{',
      'null',
      JSON.stringify({ v: 2, ...file }),
      JSON.stringify({ v: 1, ...file, secret: 'geheim' }),
    ],
    JSON.stringify({ v: 1, ...file, url: 'ftp://geheim/' }),
    // A certificate that nobody would show.
    JSON.stringify({ v: 1, ...file, url: 'http://10.0.2.2/report/node1' }),
  ]) {
    const error = t.throws(() => parseReportFile(text), { code: 'report-file-invalid' }, text);
    t.false(`${error?.message}`.includes('geheim'));
  }
  t.deepEqual(parseReportFile(renderReportFile(file).toString()), file);
  const { run } = machine('disk', [200], Buffer.from('{'));
  await t.throwsAsync(run, { code: 'report-file-invalid' });
});
