/** The file that names an image for Palette: what it may say, and every fault with its line. */
import test from 'ava';
import fc from 'fast-check';
import { parseArgFile } from '../../../src/build/oci/arg-file.ts';
import { OpsError } from '../../../src/errors.ts';

const sound = `IMAGE_REGISTRY=registry.example.com/edge
IMAGE_REPO=bhojpur
K8S_DISTRIBUTION=k3s
K8S_VERSION=1.29.4
PE_VERSION=v4.5.4
`;

const parse = (text: string) => parseArgFile(text, '.arg', 'amd64');

function faults(text: string): readonly string[] {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof OpsError && error.code === 'arg-file') return error.details;
    throw error;
  }
  return [];
}

test('the tag is of its parts, the last one only where it is set', (t) => {
  t.is(parse(sound).reference, 'registry.example.com/edge/bhojpur:k3s-1.29.4-v4.5.4');
  t.is(
    parse(`${sound}CUSTOM_TAG=demo\n`).reference,
    'registry.example.com/edge/bhojpur:k3s-1.29.4-v4.5.4-demo',
  );
  t.is(parse(`${sound}CUSTOM_TAG=\n`).tag, 'k3s-1.29.4-v4.5.4');
});

test('comments, quotes, references and keys of CanvOS', (t) => {
  const text = `# a comment
OS_DISTRIBUTION=ubuntu
IMAGE_REGISTRY="ttl.sh"   # where
IMAGE_REPO=$OS_DISTRIBUTION
K8S_DISTRIBUTION='k3s'
K8S_VERSION=\${MINOR}
`;
  t.deepEqual(faults(text), [
    'PE_VERSION is missing',
    'line 6: $MINOR is not set in the lines above',
    'line 6: K8S_VERSION has no value',
  ]);
  t.is(
    parse(text.replace('${MINOR}', '1.30.1\nPE_VERSION=v4.5.4\nCUSTOM_ARG_BRAND=x\nISO_NAME=x\nARCH=amd64'))
      .reference,
    'ttl.sh/ubuntu:k3s-1.30.1-v4.5.4',
  );
  t.is(parse(sound.replaceAll('\n', '\r\n')).tag, 'k3s-1.29.4-v4.5.4');
});

const wrong: readonly (readonly [string, string, RegExp])[] = [
  ['no value', sound.replace('k3s', ''), /^line 3: K8S_DISTRIBUTION has no value$/],
  ['not KEY=VALUE', `${sound}just words\n`, /^line 6: expected KEY=VALUE, found "just words"$/],
  ['twice', `${sound}PE_VERSION=v1\n`, /^line 6: PE_VERSION is already in line 5$/],
  [
    'a typing error',
    `${sound}CUSTOM_TAGS=x\n`,
    /^line 6: the key CUSTOM_TAGS is not known; did you mean CUSTOM_TAG\?$/,
  ],
  ['spaces around =', sound.replace('IMAGE_REPO=', 'IMAGE_REPO = '), /^line 2: expected KEY=VALUE/m],
  [
    'a plus in a tag',
    sound.replace('1.29.4', '1.29.4+k3s1'),
    /^line 4: K8S_VERSION is "1\.29\.4\+k3s1": a tag has/,
  ],
  ['another architecture', `${sound}ARCH=arm64\n`, /^line 6: ARCH is "arm64", but this build is for amd64$/],
  ['capitals in a repository', sound.replace('bhojpur', 'Bhojpur'), /^line 2: .*lower-case/],
  ['no registry', sound.replace('registry.example.com/edge', 'edge'), /^line 2: .*name of a registry/],
  ['a quotation mark', sound.replace('bhojpur', '"bhojpur'), /^line 2: a quotation mark is not closed$/m],
  ['a tag too long', `${sound}CUSTOM_TAG=${'x'.repeat(120)}\n`, /more than 128 characters/],
];

for (const [name, text, words] of wrong)
  test(`refused: ${name}`, (t) => {
    t.regex(faults(text).join('\n'), words);
  });

test('all faults at once, in the order of their lines', (t) => {
  t.deepEqual(faults('K8S_VERSION=\nhello\n'), [
    ...[
      'IMAGE_REGISTRY is missing',
      'IMAGE_REPO is missing',
      'K8S_DISTRIBUTION is missing',
      'PE_VERSION is missing',
    ],
    ...['line 1: K8S_VERSION has no value', 'line 2: expected KEY=VALUE, found "hello"'],
  ]);
});

test('any text is a name or a list of faults', (t) => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'IMAGE_REPO=$"\'{}#\n k3s-.1+'), maxLength: 300 }),
      (text) => {
        t.true(faults(text).length > 0);
      },
    ),
  );
});
