/** A channel from which no upgrade would be taken is named when the file is checked. */
import test from 'ava';
import { channelWarnings } from '../../../src/config/checks/patch/unsigned-channel.ts';
import { parseConfigYaml } from '../../../src/config/yaml/yaml.ts';

const key = 'RWTHfyVkTHvvMPNTtvUZPkBuyIjjWKo1ySnE8ib5K7nLHs8g64k5XOgR';
const warned = (upgrade: object) =>
  channelWarnings(parseConfigYaml(JSON.stringify({ bos: { upgrade } }), 'c.yaml').layer).map(
    ({ key, message }) => `${key}: ${message}`,
  );

test('http without a key is warned of; https, a registry, and a key are not', (t) => {
  t.deepEqual(warned({ channel: 'http://releases.example/stable' }), [
    'bos.upgrade.channel: comes over http, so nothing of it is taken without bos.upgrade.public_key; or use https',
  ]);
  t.deepEqual(warned({ channel: 'HTTP://releases.example/stable' }).length, 1);
  t.deepEqual(warned({ channel: 'https://releases.example/stable' }), []);
  t.deepEqual(warned({ channel: 'oci:registry.example/bos' }), []);
  t.deepEqual(warned({ channel: 'http://releases.example/stable', public_key: key }), []);
  t.deepEqual(warned({}), []);
});
