import test from 'ava';
import fc from 'fast-check';
import { shownUrl } from '../../src/media/shown-url.ts';

const shows = test.macro((t, url: string, expected: string) => t.is(shownUrl(url), expected));
test('a plain one', shows, 'http://example.com:8080/a/bos.iso', 'http://example.com:8080/a/bos.iso');
test(
  'user, password, query',
  shows,
  'https://me:hush@example.com/a?token=hush#hush',
  'https://example.com/a',
);
test('ftp', shows, 'ftp://me:hush@example.com/a', 'ftp://example.com/a');
test('no URL after all', shows, 'http://me:hush@exa mple/a?hush', 'http://exa mple/a');
test('a path', shows, '/mnt/a?b', '/mnt/a?b');
test('a file', shows, 'file:///mnt/a', 'file:///mnt/a');

test('property: a password or a token is never shown', (t) => {
  const word = fc.stringMatching(/^[A-Za-z0-9%._~-]{0,10}$/);
  const scheme = fc.constantFrom('http', 'https', 'ftp', 'HTTP');
  fc.assert(
    fc.property(scheme, word, word, fc.string(), (protocol, user, path, rest) => {
      const url = `${protocol}://${user}:SECRET@example.com/${path}?t=SECRET${rest}`;
      t.notRegex(shownUrl(url), /SECRET/);
    }),
  );
});
