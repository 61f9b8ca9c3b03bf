/** Many shapes of user-data: what is documented is no error, what is misplaced is one in its place, and nothing throws. */
import test from 'ava';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { isPlaceholder } from '../../../src/palette/edge/rules/placeholders.ts';
import { siteSchema, stylusSchema } from '../../../src/palette/edge/schema/stylus.ts';
import { stageNames } from '../../../src/palette/edge/schema/user-data.ts';
import { validateUserData } from '../../../src/palette/edge/validate-user-data.ts';
import { anyText } from '../../any-text.ts';
import { runs } from '../../properties.ts';
import { faultsOf, header } from './user-data-texts.ts';

const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}[a-z0-9]$/).filter((text) => !/x{8}/.test(text));
/** Chance, too, writes `***` and `$A`, which are placeholders, and `<<`, with which a map takes in another one. */
const filledIn = (value: unknown): boolean =>
  typeof value === 'object' && value !== null
    ? !Object.hasOwn(value, '<<') && Object.values(value).every(filledIn)
    : !isPlaceholder(String(value));
const host = fc.tuple(word, word).map((parts) => parts.join('.'));
const address = fc.tuple(fc.nat(255), fc.nat(255)).map(([a, b]) => `10.0.${a}.${b}`);
const port = fc.integer({ min: 1, max: 65_535 });
const step = fc.record(
  {
    name: word,
    commands: fc.array(word, { maxLength: 2 }),
    users: fc.dictionary(word, fc.record({ passwd: word, groups: fc.array(word) }), { maxKeys: 2 }),
    files: fc.array(fc.record({ path: word, content: fc.string(), permissions: fc.nat(511) }), {
      maxLength: 2,
    }),
  },
  { requiredKeys: ['name'] },
);
const site = fc.record(
  {
    paletteEndpoint: host,
    edgeHostToken: word,
    projectName: word,
    name: word,
    prefix: word,
    tags: fc.dictionary(word, fc.oneof(word, fc.nat(), fc.boolean())),
    ntpServers: fc.array(host),
    network: fc.record(
      {
        nameserver: address,
        noProxy: fc.string().filter(filledIn),
        interfaces: fc.dictionary(word, fc.record({ type: fc.constant('dhcp') })),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);
const userData = fc.record(
  {
    stylus: fc.record(
      {
        site,
        debug: fc.boolean(),
        includeTui: fc.boolean(),
        enableMultiNode: fc.boolean(),
        installationMode: fc.constant('connected'),
        localUI: fc.record({ port }),
        featureGate: fc.constantFrom('UserDataForm', ''),
        registryCredentials: fc.record({ domain: host, username: word, password: word }),
        somethingNew: fc.jsonValue().filter((value) => value !== null && filledIn(value)),
      },
      { requiredKeys: ['site'] },
    ),
    install: fc.record({ poweroff: fc.boolean(), bind_mounts: fc.constant(['/a']) }, { requiredKeys: [] }),
    stages: fc.dictionary(fc.constantFrom(...stageNames), fc.array(step, { maxLength: 2 })),
  },
  { requiredKeys: ['stylus'] },
);

/** Texts in quotes: `on` and `y` are true to YAML 1.1, as Go's libraries read it. */
const textOf = (value: unknown): string =>
  header + stringify(value, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' });
const errorsIn = (text: string): string[] =>
  faultsOf(text).filter((line) => !/^u:\d+:\d+: (?:warning|note): /.test(line));

test('what is documented is no error, whatever is new beside it', (t) => {
  fc.assert(
    fc.property(userData, (value) => {
      t.deepEqual(errorsIn(textOf(value)), []);
    }),
    { numRuns: runs(300) },
  );
});

/** Keys that mean something else where they are put. */
const movable = Object.keys(siteSchema.fields).filter((name) => !Object.hasOwn(stylusSchema.fields, name));

test('a key of the site below stylus, or without any indentation, is an error at its own line', (t) => {
  fc.assert(
    fc.property(userData, fc.constantFrom(...movable), fc.boolean(), (value, name, top) => {
      // Kairos has keys of these names of its own at the top.
      if (top && ['name', 'users', 'network'].includes(name)) return;
      const text = textOf(value);
      const lines = text.split('\n');
      const line = top ? lines.length : lines.indexOf('stylus:') + 2;
      lines.splice(line - 1, 0, `${top ? '' : '  '}${name}: {}`);
      const found = errorsIn(lines.join('\n')).filter((fault) => fault.includes(' belongs to stylus.site'));
      t.deepEqual(
        found.map((fault) => fault.split(': ')[0]),
        [`u:${line}:${top ? 1 : 3}`],
      );
    }),
    { numRuns: runs(200) },
  );
});

const hostileText = fc.oneof(
  anyText({ maxLength: 300 }),
  fc
    .array(
      fc.constantFrom(
        'stylus',
        'site',
        ':',
        '\n',
        '  ',
        '- ',
        '{',
        '}',
        '[',
        '*a',
        '&a ',
        '"',
        '#',
        '|',
        '<<',
        '\r',
        '{{',
        '\t',
      ),
      { maxLength: 60 },
    )
    .map((parts) => header + parts.join('')),
  fc.jsonValue().map((value) => header + stringify({ stylus: value, stages: value, install: value })),
);

test('never throws, and every place is in the text', (t) => {
  fc.assert(
    fc.property(hostileText, fc.boolean(), (text, isSite) => {
      const bytes = Buffer.from(text);
      const lines = bytes.toString('utf8').split('\n');
      for (const { place } of validateUserData(bytes, 'u', { site: isSite, now: 0 }).diagnostics) {
        if (place.line === undefined) continue;
        const line = lines[place.line - 1];
        t.true(
          line !== undefined && (place.column ?? 0) >= 1 && (place.column ?? 0) <= line.length + 1,
          JSON.stringify({ text, place }),
        );
      }
    }),
    { numRuns: runs(1000) },
  );
});
