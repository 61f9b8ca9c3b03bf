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

const http = 'http://example.com/dcp';
const asked = test.macro(
  async (
    t,
    request: Omit<Parameters<typeof dcpComponent>[1], 'refresh'>,
    code?: string,
    downloads: number = 1,
  ) => {
    const cache = await folder(t);
    await files.write(`${cache}/k`, 'the program');
    let count = 0;
    const download = async (_url: string, path: string) => {
      count += 1;
      await files.write(path, 'the program');
      return 11;
    };
    const context = stageContext(cache, { host: { ...realHost, http: { ...realHost.http, download } } });
    const source = request.source === 'k' ? `${cache}/k` : request.source;
    const made = dcpComponent(context, { ...request, source, refresh: false });
    if (code === undefined) t.like(await made, { sha256 });
    else t.like(await t.throwsAsync(made), { kind: code === 'dcp-sha256' ? 'usage' : 'refused', code });
    t.is(count, downloads);
    // What was refused does not stay for the next build.
    if (code === 'dcp-mismatch') t.deepEqual(await files.list(cache), ['k']);
  },
);
const other = sha256Of('another program');
test('over http, and nothing says that it is the one', asked, { source: http }, 'dcp-unverified', 0);
test('over HTTP in capitals', asked, { source: http.toUpperCase() }, 'dcp-unverified', 0);
test('over http with its digest', asked, { source: http, sha256 });
test('a digest in capitals', asked, { source: http, sha256: sha256.toUpperCase() });
test('over http with consent', asked, { source: http, insecure: true });
test('over https', asked, { source: 'https://example.com/dcp' });
test('over http with another digest', asked, { source: http, sha256: other }, 'dcp-mismatch');
test(
  'over https with another digest',
  asked,
  { source: 'https://example.com/d', sha256: other },
  'dcp-mismatch',
);
test(
  'consent is not to another digest',
  asked,
  { source: http, sha256: other, insecure: true },
  'dcp-mismatch',
);
test('a file with another digest stays', asked, { source: 'k', sha256: other }, 'dcp-mismatch', 0);
test('a digest that is cut', asked, { source: http, sha256: sha256.slice(1) }, 'dcp-sha256', 0);

const refuses = test.macro({
  exec: async (t, code: string, source: string, version?: string) => {
    const root = await folder(t);
    await files.write(`${root}/k`, 'the program');
    await files.write(`${root}/empty`, '');
    const request = { source: `${root}/${source}`, version, refresh: false };
    const kind = code === 'dcp-missing' ? 'refused' : 'usage';
    t.like(await t.throwsAsync(dcpComponent(stageContext(root), request)), { kind, code });
  },
  title: (_, code, source, version) => `${code}: ${String(source) || 'a folder'} ${version ?? ''}`,
});
test(refuses, 'dcp-missing', 'none');
test(refuses, 'dcp-invalid', '');
test(refuses, 'dcp-invalid', 'empty');
test(refuses, 'dcp-version', 'k', '../up');
test(refuses, 'dcp-version', 'k', 'with space');
