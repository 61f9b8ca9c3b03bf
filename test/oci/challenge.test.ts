/** WWW-Authenticate, as registries write it. */
import test from 'ava';
import fc from 'fast-check';
import { parseChallenge } from '../../src/oci/challenge.ts';

test('challenges of registries', (t) => {
  const bearer = (realm: string, service?: string) => ({ scheme: 'bearer', realm, service }) as const;
  t.deepEqual(
    parseChallenge('Bearer realm="https://auth.example/token",service="r.example",scope="repository:a:pull"'),
    bearer('https://auth.example/token', 'r.example'),
  );
  t.deepEqual(
    parseChallenge('bearer service=x, realm="https://a.example/?a=\\"b\\",c"'),
    bearer('https://a.example/?a="b",c', 'x'),
  );
  t.deepEqual(parseChallenge('Bearer realm="https://a.example/"'), bearer('https://a.example/'));
  t.deepEqual(parseChallenge('Basic realm="registry"'), { scheme: 'basic' });
  t.deepEqual(
    parseChallenge('Basic realm="x", Bearer realm="https://a.example/"'),
    bearer('https://a.example/'),
  );
  t.deepEqual(
    parseChallenge(['Basic realm="x"', 'Bearer realm="https://a.example/"']),
    bearer('https://a.example/'),
  );
  for (const none of [undefined, '', 'Negotiate', 'Bearer service="x"', 'Bearer', 'XBasic y'])
    t.is(parseChallenge(none), undefined, none);
});

test('property: no text makes it fail or take long', (t) => {
  const words = fc.constantFrom('Bearer ', 'Basic ', 'realm=', '"', '\\', ',', ' ', 'a', '=');
  fc.assert(
    fc.property(fc.array(words, { maxLength: 200 }), (parts) => {
      parseChallenge(parts.join(''));
      return true;
    }),
  );
  t.pass();
});
