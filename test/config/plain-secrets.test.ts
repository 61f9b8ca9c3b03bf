/** Who puts a configuration into an image or on a server is told what others can read there. */
import test from 'ava';
import { plainSecrets, plainSecretsNote } from '../../src/config/plain-secrets.ts';
import { parseConfigYaml } from '../../src/config/yaml/yaml.ts';

const cases: Readonly<Record<string, readonly string[]>> = {
  'hostname: a\n': [],
  'bos: {password: hunter2}\n': ['bos.password'],
  'bos: {password: "$6$salt$hash"}\n': [],
  'bos: {token: "$ecret"}\n': ['bos.token'],
  'bos: {wifi: [{name: a, passphrase: hunter2hunter2}]}\n': ['bos.wifi'],
  'bos: {environment: {http_proxy: "http://me:hunter2@proxy:3128"}}\n': ['bos.environment'],
  'bos: {environment: {http_proxy: "http://proxy:3128/"}}\n': [],
  'ssh_authorized_keys: ["https://me:hunter2@example.com/keys"]\nbos: {token: abcd}\n': [
    'bos.token',
    'ssh_authorized_keys',
  ],
};
for (const [text, names] of Object.entries(cases))
  test(`secrets in ${JSON.stringify(text)}`, (t) => {
    const { layer } = parseConfigYaml(text, 'c.yaml', 'system');
    t.deepEqual(plainSecrets(layer).toSorted(), [...names]);
    const note = plainSecretsNote(layer, 'the image');
    t.is(note === undefined, names.length === 0);
    if (note !== undefined) t.regex(note, /whoever can read the image can read them\.$/);
    t.notRegex(note ?? '', /hunter2|ecret\b/);
  });
