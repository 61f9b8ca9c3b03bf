/** HTTPS, with a certificate that was given and with one that is made. */
import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { givenIdentity, outOfDate, ownIdentity, type TlsIdentity } from '../../src/serve/tls.ts';
import { certificate } from '../fakes/certificate.ts';
import { fakeHost } from '../fakes/host.ts';
import { sameBytes, temporaryFolder, tool } from '../formats/support.ts';
import { host } from '../iso/edit/edit-support.ts';
import { makeOurs } from '../iso/media.ts';
import { answered, get, testServer } from './support.ts';

async function fetched(t: ExecutionContext, identity: TlsIdentity) {
  const iso = makeOurs(temporaryFolder(t));
  const { port } = await testServer(t, { bases: [iso], machines: { 'a.yaml': '' }, tls: identity });
  const asking = request({ host: '127.0.0.1', port, path: '/iso/a.iso', ca: identity.cert, agent: false });
  const response = await answered(asking);
  const shown = (response.socket as TLSSocket).getPeerCertificate().fingerprint256;
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  sameBytes(t, Buffer.concat(pieces), readFileSync(iso));
  await t.throwsAsync(get(port, '/iso/a.iso'));
  return shown;
}

test('a certificate that is made: for the addresses of this machine, and its fingerprint is what clients see', async (t) => {
  const identity = await ownIdentity(host);
  const read = new X509Certificate(identity.cert);
  for (const address of ['127.0.0.1', ...host.system.addresses()]) t.is(read.checkIP(address), address);
  t.regex(identity.fingerprint, /^[0-9A-F]{2}(:[0-9A-F]{2}){31}$/);
  t.not((await ownIdentity(host)).fingerprint, identity.fingerprint);
  t.is(await fetched(t, identity), identity.fingerprint);
});

test('a certificate that is given, and what is wrong with one', async (t) => {
  const folder = temporaryFolder(t);
  const [one, two] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const made = await certificate(t, '20200101', '20990101');
  writeFileSync(one, made.cert);
  writeFileSync(two, made.key);
  const identity = await givenIdentity(host.files, one, two);
  t.is(await fetched(t, identity), new X509Certificate(made.cert).fingerprint256);
  writeFileSync(two, (await ownIdentity(host)).key);
  await t.throwsAsync(givenIdentity(host.files, one, two), {
    code: 'tls-invalid',
    message: /another certificate/,
  });
  writeFileSync(two, 'no key');
  await t.throwsAsync(givenIdentity(host.files, one, two), { code: 'tls-invalid', message: /in PEM$/ });
  await t.throwsAsync(givenIdentity(host.files, join(folder, 'none'), two), { code: 'tls-unreadable' });
});

test('what only OpenSSL finds is said of the certificate, not of the address', async (t) => {
  const folder = temporaryFolder(t);
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const iso = makeOurs(temporaryFolder(t));
  const refusedBy = async () => {
    const tls = await givenIdentity(host.files, cert, key);
    const given = { bases: [iso], machines: { 'a.yaml': '' }, tls };
    return t.throwsAsync(testServer(t, given), { code: 'tls-invalid' });
  };
  const names = ['-subj', '/CN=a', '-keyout', key, '-out', cert];
  tool('openssl', 'req', '-x509', '-newkey', 'rsa:512', '-nodes', '-days', '9', ...names);
  t.is((await refusedBy())?.message, 'TLS cannot use the certificate with its key: ee key too small');
  const made = await certificate(t, '20200101', '20990101');
  const label = (what: string) => `-----${what} CERTIFICATE-----\n`;
  writeFileSync(cert, `${made.cert}${label('BEGIN')}AAAA\n${label('END')}`);
  writeFileSync(key, made.key);
  t.regex((await refusedBy())?.message ?? '', /^TLS cannot use the certificate with its key: /);
});

test('a certificate of another time is said to be one', async (t) => {
  const { cert } = await certificate(t, '20200101', '20200201');
  const at = (date: string) => outOfDate(cert, Date.parse(date));
  t.is(at('2020-01-15T00:00:00Z'), undefined);
  t.regex(at('2019-12-31T00:00:00Z') ?? '', /^The certificate is not valid before 2020-01-01T/);
  t.regex(at('2026-01-01T00:00:00Z') ?? '', /^The certificate has expired: it was valid until 2020-02-01T/);
  t.is(outOfDate((await ownIdentity(host)).cert, Date.now() + 1000), undefined);
});

test('without openssl', async (t) => {
  await t.throwsAsync(ownIdentity(fakeHost()), { code: 'tls-not-made', message: /openssl is not installed/ });
});
