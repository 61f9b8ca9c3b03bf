/** The DCP executable: from a file or a URL, under a name. */
import test from 'ava';
import { dcpComponent } from '../../src/build/components.ts';
import { sha256Of } from '../../src/host/digest.ts';
import { folder, realHost, stageContext } from './support.ts';

const { files } = realHost;
const sha256 = sha256Of('the program');

test('a file is named by its content, or as asked', async (t) => {
  const root = await folder(t);
  await files.write(`${root}/k`, 'the program');
  const context = stageContext(root);
  const source = `${root}/k`;
  t.deepEqual(await dcpComponent(context, { source, refresh: false }), {
    version: `sha256-${sha256.slice(0, 12)}`,
    file: source,
    sha256,
  });
  t.like(await dcpComponent(context, { source, refresh: false, version: 'v1.29.4+dcp1' }), {
    version: 'v1.29.4+dcp1',
  });
});

test('a link to the executable is as good as the executable', async (t) => {
  const root = await folder(t);
  await files.write(`${root}/k`, 'the program');
  await files.symlink('k', `${root}/link`);
  t.like(await dcpComponent(stageContext(root), { source: `${root}/link`, refresh: false }), { sha256 });
});

test('a URL is downloaded once, and again when asked to', async (t) => {
  const cache = await folder(t);
  let downloads = 0;
  const download = async (_url: string, path: string) => {
    downloads += 1;
    await files.write(path, 'the program');
    return 11;
  };
  const context = stageContext(cache, { host: { ...realHost, http: { ...realHost.http, download } } });
  const source = 'https://example.com/v1.29.4/dcp';
  for (const refresh of [false, false, true])
    t.like(await dcpComponent(context, { source, refresh }), { sha256 });
  t.is(downloads, 2);
  t.like(await dcpComponent(context, { source: `${source}2`, refresh: false }), { sha256 });
  t.is(downloads, 3);
  t.deepEqual(
    (await files.list(cache)).filter((name) => name.startsWith('.')),
    [],
  );
});

const refuses = test.macro({
  exec: async (t, code: string, source: string, version?: string) => {
    const root = await folder(t);
    await files.write(`${root}/k`, 'the program');
    await files.write(`${root}/empty`, '');
    const request = { source: `${root}/${source}`, version, refresh: false };
    t.like(await t.throwsAsync(dcpComponent(stageContext(root), request)), { kind: 'usage', code });
  },
  title: (_, code, source, version) => `${code}: ${String(source) || 'a folder'} ${version ?? ''}`,
});
test(refuses, 'dcp-missing', 'none');
test(refuses, 'dcp-invalid', '');
test(refuses, 'dcp-invalid', 'empty');
test(refuses, 'dcp-version', 'k', '../up');
test(refuses, 'dcp-version', 'k', 'with space');
