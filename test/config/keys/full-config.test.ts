/** The configuration of the tests of the phases: sound, with all that a node knows of its keyboard and of patches. */
import test from 'ava';
import { patchKeys } from '../../../src/config/keys/patch-keys.ts';
import { patchSettings } from '../../../src/config/patch/settings.ts';
import { merge } from '../../../src/config/sources/merge.ts';
import { parseConfigYaml } from '../../../src/config/yaml/yaml.ts';
import { refusal } from '../../../src/patch/permission.ts';
import { fullConfig } from '../../system/support/full-config.ts';

test('it has every key of bos.patch and bos.keymap, no fault, and starts no patch', (t) => {
  const { layer, diagnostics } = parseConfigYaml(fullConfig, 'config.yaml');
  t.deepEqual(
    diagnostics.filter(({ severity }) => severity !== 'note'),
    [],
  );
  const wanted = ['bos.keymap', ...patchKeys.map(({ name }) => name)] as const;
  t.deepEqual(
    wanted.filter((name) => !layer.entries.has(name)),
    [],
  );
  const { config } = merge([layer]);
  t.is(refusal(patchSettings(config), 0, true)?.code, 'patch-held');
});
