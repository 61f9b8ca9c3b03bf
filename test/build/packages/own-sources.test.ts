/** A build without security updates asks no archive of them. */
import test from 'ava';
import { oneLineWithoutSecurity, stanzasWithoutSecurity } from '../../../src/build/packages/own-sources.ts';

test('lines of security suites go, and nothing else', (t) => {
  const kept = [
    '# deb M bookworm-security main',
    'deb [arch=amd64] M bookworm main',
    'deb M bookworm-updates main',
    '',
  ];
  const gone = [
    'deb M-security bookworm-security main contrib',
    'deb [signed-by=/a/b arch=amd64] M-security stable-security main',
    'deb-src M-security buster/updates main',
  ];
  t.is(oneLineWithoutSecurity([...gone, ...kept, ...gone].join('\n')), kept.join('\n'));
});

test('stanzas lose security suites, and go when they have no other', (t) => {
  const text = `# of Debian
Types: deb
URIs: M
Suites: bookworm bookworm-updates
Components: main

Types: deb
URIs: M-security
Suites: bookworm-security
Components: main

Types: deb
URIs: N
suites:
 bookworm
 bookworm-security
Components: main
`;
  t.is(
    stanzasWithoutSecurity(text),
    `# of Debian
Types: deb
URIs: M
Suites: bookworm bookworm-updates
Components: main

Types: deb
URIs: N
suites: bookworm
Components: main
`,
  );
});
