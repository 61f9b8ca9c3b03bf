/** A certificate that is not valid yet, or no more: both times are said, and a clock that is behind is waited for. */
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { OpsError } from '../../../src/errors.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import { isPassing } from '../../../src/host/retry.ts';
import { certificate } from '../../fakes/certificate.ts';

const host = linuxHost();

/** The URL of a server whose certificate is valid between these dates (YYYYMMDD), and its own authority. */
async function server(
  t: ExecutionContext,
  from: string,
  until: string,
): Promise<{ url: string; ca: string }> {
  const { key, cert } = await certificate(t, from, until);
  const listening = createServer({ key, cert }, (_, response) => response.end('content'));
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  t.teardown(() => listening.close());
  return {
    url: `https://127.0.0.1:${(listening.address() as AddressInfo).port}/x?token=secret`,
    ca: cert,
  };
}

async function refusal(t: ExecutionContext, from: string, until: string): Promise<OpsError> {
  const { url, ca } = await server(t, from, until);
  const http = host.http.using({ proxyEnv: {}, extraCa: ca });
  const error = await t.throwsAsync<OpsError>(http.get(url, { limit: 1000, retries: 0 }));
  if (error === undefined) throw new Error('nothing was thrown');
  t.false(JSON.stringify([error.message, error.details, error.hint]).includes('secret'));
  t.false(/Check the URL/.test(error.hint ?? ''));
  return error;
}

test('a certificate of the future: the clock is behind, with both times, and asking again may help', async (t) => {
  for (const year of ['2090', '2098']) {
    const error = await refusal(t, `${year}0102`, '20991231');
    t.like(error, { kind: 'refused', code: 'clock-behind' });
    t.regex(error.message, /clock of this machine is behind/);
    t.is(error.details[1], `the certificate is valid from: ${year}-01-02T00:00:00Z`);
    t.regex(error.details[0] ?? '', /^the clock of this machine: \d{4}-\d\d-\d\dT/);
    t.true(isPassing(error));
  }
});

test('a certificate of the past: it has expired, with both times, and asking again does not help', async (t) => {
  const error = await refusal(t, '20000101', '20010101');
  t.like(error, { kind: 'refused', code: 'certificate-expired' });
  t.is(error.details[1], 'the certificate was valid until: 2001-01-01T00:00:00Z');
  t.false(isPassing(error));
});

test('a certificate of today is taken', async (t) => {
  const { url, ca } = await server(t, '20000101', '20991231');
  const { body } = await host.http.using({ proxyEnv: {}, extraCa: ca }).get(url, { limit: 1000 });
  t.is(body.toString(), 'content');
});
