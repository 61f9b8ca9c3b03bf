/** What an image for a cloud is configured with: its data sources where the configuration names none, and a login. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { parseConfigYaml } from '../../../src/config/yaml/yaml.ts';
import { OpsError } from '../../../src/errors.ts';
import { workstationHost } from '../../../src/host/workstation/index.ts';
import { type ConfigRequest, imageConfig, requireImageLogin } from '../../../src/image/cloud/cloud-config.ts';
import { cloudNames, clouds } from '../../../src/image/cloud/clouds.ts';
import { temporaryFolder } from '../../formats/support.ts';

const host = workstationHost();

/** The configuration that `text` becomes, as a text and as what is read in it. */
async function become(t: ExecutionContext, text: string | undefined, more: Partial<ConfigRequest>) {
  const config = join(temporaryFolder(t), 'node.yaml');
  if (text !== undefined) writeFileSync(config, text);
  const request = { ...(text === undefined ? {} : { config }), allowNoLogin: false, ...more };
  const { bytes, config: found } = await imageConfig(host, request, {});
  requireImageLogin(request, { config: found });
  const written = Buffer.from(bytes).toString('utf8');
  const { layer, diagnostics } = parseConfigYaml(written, 'written');
  t.deepEqual(diagnostics, []);
  return { written, value: (name: 'bos.data_sources' | 'hostname') => layer.entries.get(name)?.value };
}

for (const cloud of cloudNames.filter((name) => clouds[name].dataSources.length > 0)) {
  test(`${cloud}: without a configuration its data sources are all, and a login`, async (t) => {
    const { value } = await become(t, undefined, { cloud });
    t.deepEqual(value('bos.data_sources'), [...clouds[cloud].dataSources]);
  });
}

test('data sources are added to a configuration that names none, and the rest stays', async (t) => {
  const { value } = await become(t, 'hostname: one\n', { cloud: 'aws' });
  t.deepEqual(value('bos.data_sources'), ['aws']);
  t.is(value('hostname'), 'one');
});

test('a configuration that names its own is kept byte for byte', async (t) => {
  const text = '# mine\nbos: {data_sources: [cdrom]}\n';
  t.is((await become(t, text, { cloud: 'aws' })).written, text);
});

test('without a cloud nothing is added', async (t) => {
  const text = 'bos: {password: hush}\n';
  t.is((await become(t, text, {})).written, text);
});

const refused = test.macro({
  exec: async (t, text: string | undefined, more: Partial<ConfigRequest>) => {
    const error = await t.throwsAsync(become(t, text, more), { instanceOf: OpsError, code: 'no-login' });
    t.is(error?.kind, 'refused');
  },
  title: (name = '') => `nobody could log in: ${name}`,
});
test('no cloud, no configuration', refused, undefined, {});
test('a cloud that gives nothing', refused, 'hostname: one\n', { cloud: 'vagrant' });
test('no source at all', refused, 'bos: {data_sources: []}\n', { cloud: 'aws' });

test('nobody could log in: allowed', async (t) => {
  t.is(
    (await become(t, 'hostname: one\n', { cloud: 'vagrant', allowNoLogin: true })).written,
    'hostname: one\n',
  );
});
