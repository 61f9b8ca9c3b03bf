/** What a person reads when a server is not reached: who does not answer, why, and what to do. */
import test from 'ava';
import type { OpsError } from '../../../src/errors.ts';
import { unreachable } from '../../../src/host/linux/http/unreachable.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';

const url = 'https://cfg.example.com:8443/node.yaml';
const fault = (code: string, more: object = {}) =>
  Object.assign(new Error(`connect ${code}`), { code, ...more });

const says = test.macro({
  exec: (t, error: Error, why: RegExp, hint: RegExp) => {
    const { code, message, hint: said = '' } = unreachable(url, error.message, error, ['192.0.2.7']);
    t.is(code, 'url-unreachable');
    t.true(message.startsWith(`${url} cannot be fetched: `));
    t.regex(message, why);
    t.regex(said, hint);
    t.notRegex(message, /getaddrinfo|connect /);
  },
  title: (_, error) => `${(error as { code?: string }).code}`,
});
test(
  says,
  fault('ENOTFOUND', { syscall: 'getaddrinfo', hostname: 'cfg.example.com' }),
  /: the name cfg\.example\.com is not known \(ENOTFOUND\)$/,
  /spelling.*name server/,
);
test(
  says,
  fault('EAI_AGAIN', { hostname: 'cfg.example.com' }),
  /no name server says where cfg/,
  /resolv\.conf/,
);
test(
  says,
  fault('ECONNREFUSED', { address: '192.0.2.1', port: 8443 }),
  /: 192\.0\.2\.1:8443 refuses the connection \(ECONNREFUSED\)$/,
  /port.*server runs/,
);
test(
  says,
  fault('EHOSTUNREACH', { address: '2001:db8::1', port: 443 }),
  /: \[2001:db8::1\]:443 does not answer \(EHOSTUNREACH\)$/,
  /firewall/,
);
test(says, fault('ENETUNREACH'), /no way leads to cfg\.example\.com:8443 \(ENETUNREACH\)$/, /ip route/);
test(says, fault('ENETDOWN'), /no way leads to/, /network of this machine/);
test(says, fault('EADDRNOTAVAIL'), /no way leads to/, /network of this machine/);
test(says, fault('ETIMEDOUT'), /cfg\.example\.com:8443 does not answer \(ETIMEDOUT\)$/, /server runs/);
test(says, fault('ECONNRESET'), /ended the connection \(ECONNRESET\)$/, /log of that server/);
test(says, fault('EPIPE'), /ended the connection/, /log of that server/);
test(says, fault('EACCES'), /this machine forbids the connection/, /firewall of this machine/);

test(
  says,
  fault('DEPTH_ZERO_SELF_SIGNED_CERT'),
  /: this machine does not trust who signed the certificate of cfg\.example\.com:8443 \(DEPTH_/,
  /--ca-file FILE/,
);
test(says, fault('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), /does not trust who signed/, /--ca-file FILE/);
test(says, fault('ERR_TLS_CERT_ALTNAME_INVALID'), /is for another name/, /a name that the certificate/);
test(says, fault('ERR_SSL_WRONG_VERSION_NUMBER'), /does not encrypt the connection/, /--plain-http/);

test('behind a proxy it is the proxy that is named', (t) => {
  const inner = fault('ENOTFOUND', { hostname: 'proxy.example.com' });
  const outer = Object.assign(new Error('x', { cause: inner }), { code: 'ENOTFOUND' });
  t.regex(unreachable(url, 'x', outer, ['192.0.2.7']).message, /the name proxy\.example\.com is not known/);
});

for (const code of ['ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH'])
  test(`without a network: ${code}`, (t) => {
    const { message, hint = '' } = unreachable(url, 'x', fault(code), []);
    t.is(message, `${url} cannot be fetched: this machine has no network (${code})`);
    t.regex(hint, /ip -br address/);
  });
test('a server of this machine needs no network', (t) => {
  t.regex(
    unreachable('http://127.0.0.1:1/', 'x', fault('ECONNREFUSED'), []).message,
    /127\.0\.0\.1:1 refuses/,
  );
  t.regex(
    unreachable('http://localhost/', 'x', fault('ENETUNREACH'), []).message,
    /no way leads to localhost/,
  );
});
test('anything else stays as it was said', (t) => {
  const error = fault('CERT_HAS_EXPIRED');
  t.is(
    unreachable(url, 'certificate has expired', error, []).message,
    `${url} cannot be fetched: certificate has expired`,
  );
});

test('a real one', async (t) => {
  const { http, sockets } = linuxHost();
  const port = await sockets.freePort();
  const options = { limit: 100, retries: 0 };
  const refused = await t.throwsAsync<OpsError>(http.get(`http://127.0.0.1:${port}/`, options));
  t.is(
    refused.message,
    `http://127.0.0.1:${port}/ cannot be fetched: 127.0.0.1:${port} refuses the connection (ECONNREFUSED)`,
  );
  const unknown = await t.throwsAsync<OpsError>(http.get('http://nothing.invalid/', options));
  t.regex(
    unknown.message,
    /: (the name nothing\.invalid is not known|no name server says where nothing\.invalid is|this machine has no network) \((ENOTFOUND|EAI_AGAIN)\)$/,
  );
});
