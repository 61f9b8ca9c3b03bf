/** Addresses of PostgreSQL. */
import test from 'ava';
import { isPostgresUrl, readPostgresUrl } from '../../../src/serve/reports/postgres-url.ts';

const read = (text: string, env = {}) => readPostgresUrl(text, env);

test('where it is, and who asks', (t) => {
  t.deepEqual(read('postgres://bos:p%40ss@db.example.com:6432/fleet'), {
    place: {
      ...{ host: 'db.example.com', port: 6432, database: 'fleet', username: 'bos', password: 'p@ss' },
      tls: 'verified',
    },
    rootCert: undefined,
    shown: 'postgres://db.example.com:6432/fleet',
  });
  t.like(read('postgresql://[::1]/x', { PGUSER: 'me', PGPASSWORD: 'secret' }).place, {
    ...{ host: '::1', port: 5432, database: 'x', username: 'me', password: 'secret', tls: 'off' },
  });
  t.like(read('postgres:///fleet?host=/run/pg', { USER: 'me' }), {
    place: { host: '/run/pg', database: 'fleet', username: 'me', tls: 'off' },
    shown: 'postgres:///run/pg:5432/fleet',
  });
  t.like(read('postgres://me@/fleet').place, { host: '/var/run/postgresql', username: 'me' });
  t.like(read('postgres://').place, { host: '/var/run/postgresql', database: 'postgres' });
});

test('TLS: verified by default, to another machine', (t) => {
  t.is(read('postgres://db/x?sslmode=disable').place.tls, 'off');
  t.is(read('postgres://db/x?sslmode=require').place.tls, 'unverified');
  t.is(read('postgres://localhost/x').place.tls, 'off');
  t.is(read('postgres://localhost/x?sslmode=verify-full').place.tls, 'verified');
  t.is(read('postgres://db/x?sslmode=verify-full&sslrootcert=/ca.pem').rootCert, '/ca.pem');
});

test('what is none, without its password', (t) => {
  for (const text of [
    ...['postgres:x', 'postgres://u:geheim@[bad/x', 'postgres://u:geheim@db/x?sslmode=prefer'],
    ...['postgres://u:geheim@db/x?sslcert=a', 'postgres://u:geheim@db:99999/x'],
  ]) {
    const error = t.throws(() => read(text), { code: 'database-url' }, text);
    t.false(error?.message.includes('geheim'));
  }
  t.true(isPostgresUrl('postgresql://x'));
  t.false(isPostgresUrl('fleet.sqlite'));
});
