/** What differs between two profiles. */
import test from 'ava';
import fc from 'fast-check';
import { type Change, diffProfiles } from '../../../src/palette/profile/diff/diff.ts';
import type { Profile, Variable } from '../../../src/palette/profile/model.ts';
import { runs } from '../../properties.ts';
import * as arbitrary from './arbitrary.ts';
import { infra, pack } from './profile-texts.ts';

const line = ({ in: where, name, how, key, before, after }: Change) =>
  `${where} ${name} ${how} ${key}: ${before} → ${after}`;
const differ = test.macro<[Profile, Profile, ...string[]]>((t, before, after, ...expected) => {
  t.deepEqual(diffProfiles(before, after).map(line), expected);
});

const withPack = (values: string, more = {}): Profile => ({
  ...infra,
  packs: infra.packs.map((one) => (one.layer === 'k8s' ? pack('edge-k3s', 'k8s', { values, ...more }) : one)),
});

test(
  'fields',
  differ,
  infra,
  { ...infra, version: '1.1.0', labels: { site: 'west' } },
  'profile infra changed version: 1.0.0 → 1.1.0',
  'profile infra added labels.site: null → "west"',
);
test(
  'packs that came, went and moved',
  differ,
  infra,
  {
    ...infra,
    packs: [
      ...infra.packs.slice(0, 2).toReversed(),
      pack('cni-cilium', 'cni', { version: '1.17.0' }),
      infra.packs[3] as never,
    ],
  },
  'profile infra changed order of packs: edge-native-byoi, edge-k3s, csi-x → edge-k3s, edge-native-byoi, csi-x',
  'pack cni-calico removed null: 1.0.0 → null',
  'pack cni-cilium added null: null → 1.17.0',
);
test(
  'keys of values, in a block of YAML, too',
  differ,
  withPack('a: 1\nlist: [x, z]\ncluster:\n  config: |\n    debug: true\n    flannel-backend: host-gw\n'),
  withPack(
    'a: "1"\nlist: [x]\ncluster:\n  config: |\n    debug: false\n    flannel-backend: host-gw\nnew: {}\n',
    { version: '1.0.1', tag: '1.0.1' },
  ),
  'pack edge-k3s changed version: 1.0.0 → 1.0.1',
  'pack edge-k3s changed values a: 1 → "1"',
  'pack edge-k3s removed values list[1]: "z" → null',
  'pack edge-k3s changed values cluster.config.debug: true → false',
  'pack edge-k3s added values new: null → {}',
);
test(
  'comments and layout are told apart',
  differ,
  withPack('a: 1 # one\n'),
  withPack('# one\na:  1\n'),
  'pack edge-k3s layout values: null → null',
);
test(
  'macros without quotes',
  differ,
  withPack('a: {{.spectro.var.x}}\n'),
  withPack('a: {{.spectro.var.y}}\n'),
  'pack edge-k3s changed values a: "{{.spectro.var.x}}" → "{{.spectro.var.y}}"',
);
test(
  'what is not YAML',
  differ,
  withPack('a: [\n'),
  withPack('b\nc\n]'),
  'pack edge-k3s changed values: 1 line → 3 lines',
);
test(
  'passwords are not shown',
  differ,
  withPack('adminPassword: one\n'),
  withPack('adminPassword: two\n'),
  'pack edge-k3s changed values adminPassword: (not shown) → (not shown)',
);
const variable: Variable = {
  ...{ name: 'v', displayName: 'V', format: 'string', description: '', defaultValue: 'one', regex: '' },
  ...{ required: false, immutable: false, isSensitive: true, hidden: false },
};
test(
  'variables, sensitive ones hidden',
  differ,
  { ...infra, variables: [variable] },
  { ...infra, variables: [{ ...variable, defaultValue: 'two', required: true }] },
  'variable v changed required: false → true',
  'variable v changed default: (not shown) → (not shown)',
);
test(
  'manifests',
  differ,
  withPack('', { manifests: [{ name: 'm', content: 'a: 1\n' }] }),
  withPack('', {
    manifests: [
      { name: 'm', content: 'a: 2\n' },
      { name: 'n', content: '' },
    ],
  }),
  'pack edge-k3s changed manifest m a: 1 → 2',
  'pack edge-k3s added manifest n: null → there',
);

test('a profile is the same as itself, and as no other', (t) => {
  fc.assert(
    fc.property(arbitrary.profile, arbitrary.profile, (one, other) => {
      t.deepEqual(diffProfiles(one, structuredClone(one)), []);
      const changes = diffProfiles(one, other);
      t.is(changes.length === 0, JSON.stringify(one) === JSON.stringify(other), JSON.stringify(changes));
      for (const { how, before, after } of changes) {
        if (how === 'added') t.is(before, null);
        if (how === 'removed') t.is(after, null);
      }
    }),
    { numRuns: runs(300) },
  );
});
