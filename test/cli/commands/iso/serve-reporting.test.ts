/** Where machines are told to report. */
import test from 'ava';
import { reportText, reportTo } from '../../../../src/cli/commands/iso/serve-reporting.ts';

const fingerprint = Array.from({ length: 32 }, () => 'AB').join(':');
const tls = { cert: '', key: '', fingerprint };
const at = (address: string, given?: string, port = 8080) =>
  reportTo(given, { address, port, tls: undefined })?.url;

test('an address that is listened on, if it is one for others', (t) => {
  t.is(at('10.0.0.1'), 'http://10.0.0.1:8080');
  t.is(at('2001:db8::1'), 'http://[2001:db8::1]:8080');
  t.is(at('fleet.example.com'), 'http://fleet.example.com:8080');
  t.deepEqual(reportTo(undefined, { address: '10.0.0.1', port: 8443, tls }), {
    url: 'https://10.0.0.1:8443',
    fingerprint,
  });
  t.is(at('::ffff:10.0.0.1'), 'http://[::ffff:a00:1]:8080');
  t.is(at('2001:DB8:0::1'), 'http://[2001:db8::1]:8080');
  const here = ['0.0.0.0', '::', '', '127.0.0.1', '127.1.2.3', '::1', 'localhost', 'LOCALHOST'];
  const otherwise = [
    '0',
    '127.1',
    '0x7f000001',
    '0:0:0:0:0:0:0:0',
    '::0',
    '0:0::1',
    '::ffff:127.0.0.1',
    '::ffff:0.0.0.0',
  ];
  for (const nobody of [...here, ...otherwise, 'fe80::1', 'fe80::1%eth0', 'FEBF::2'])
    t.is(at(nobody), undefined, nobody);
  t.is(at('10.0.0.1', undefined, 0), undefined);
});

test('the address that is given', (t) => {
  t.is(at('0.0.0.0', 'http://10.0.0.1:8080/'), 'http://10.0.0.1:8080');
  t.is(at('127.0.0.1', 'https://fleet.example.com/boot'), 'https://fleet.example.com/boot');
  for (const wrong of ['10.0.0.1:8080', 'ftp://x', 'http://a:b@x', 'https://x/?a', 'https://x/#a', ''])
    t.throws(() => at('0.0.0.0', wrong), { code: 'report-to-shape' }, wrong);
  const listening = { address: '0.0.0.0', port: 8443, tls };
  // The secret would go over the wire to whoever answers there.
  t.throws(() => reportTo('http://10.0.0.1:8443', listening), { code: 'report-to-plain' });
  t.deepEqual(reportTo('https://10.0.0.1', listening), { url: 'https://10.0.0.1', fingerprint });
});

test('it is said', (t) => {
  t.regex(reportText(undefined), /^Machines do not report; --report-to URL /);
  t.is(reportText({ url: 'https://10.0.0.1', fingerprint }), 'Machines report to https://10.0.0.1/.\n');
});
