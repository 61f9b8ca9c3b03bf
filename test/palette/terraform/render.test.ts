/** Terraform of a profile: HashiCorp's parser reads the same profile in it, and its formatter has nothing to change. */
import test from 'ava';
import fc from 'fast-check';
import type { Profile } from '../../../src/palette/profile/model.ts';
import { renderTerraform } from '../../../src/palette/terraform/render.ts';
import { runs } from '../../properties.ts';
import * as arbitrary from '../profile/arbitrary.ts';
import { parseHcl, terraformFmt } from './hashicorp.ts';
import { TerraformRead } from './read-back.ts';

/** What of a profile Terraform can say. Its texts are of Unicode's form C, whatever is written. */
const sayable = (profile: Profile): unknown =>
  composed({
    ...profile,
    packs: profile.packs.map((pack) => {
      const found = pack.type !== 'manifest';
      const { name, uid, kind } = pack.registry ?? {};
      const looked = name === undefined ? { uid, kind: undefined } : { uid: undefined, kind };
      return {
        ...{ ...pack, layer: '', version: found ? pack.version : '' },
        registry:
          found && pack.registry !== undefined
            ? { name, ...looked, isPrivate: undefined, providerType: undefined }
            : undefined,
      };
    }),
  });

const composed = (value: unknown): unknown =>
  typeof value === 'string'
    ? value.normalize('NFC')
    : Array.isArray(value)
      ? value.map(composed)
      : value !== null && typeof value === 'object'
        ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, composed(one)]))
        : value;

test('what is rendered is read as the same profile and cluster, and is formatted', async (t) => {
  await fc.assert(
    fc.asyncProperty(arbitrary.profile, arbitrary.cluster, async (profile, cluster) => {
      const text = renderTerraform(profile, cluster);
      const read = new TerraformRead(await parseHcl(text));
      t.deepEqual(composed(read.profile()), sayable(profile), text);
      t.deepEqual(composed(read.cluster()), composed(cluster), text);
      t.is(await terraformFmt(text), text);
    }),
    { numRuns: runs(200) },
  );
});
