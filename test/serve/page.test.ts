/** The page for people, as its HTML: what it says, what it leaves out, and that nothing of a machine becomes markup. */
import { createHash } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import type { ListedMachine } from '../../src/serve/listing.ts';
import { pageOf, pagePolicy } from '../../src/serve/page/page.ts';
import { addressOf, askedOf, perPage, viewOf } from '../../src/serve/page/view.ts';
import { temporaryFolder } from '../formats/support.ts';
import { makeOurs } from '../iso/media.ts';
import { testServer } from './support.ts';

const machine = (name: string, more: Partial<ListedMachine> = {}): ListedMachine => ({
  ...{ name, base: 'bos.iso', iso: `/iso/${name}.iso`, sha256: `/iso/${name}.iso.sha256`, image: null },
  ...{ token: false, once: false, faults: [], served: true, state: 'waiting', since: null, reports: [] },
  ...more,
});
const many = (count: number) =>
  Array.from({ length: count }, (_, index) => machine(`node${`${index}`.padStart(4, '0')}`));
const page = (machines: readonly ListedMachine[], target = '/', faults: readonly string[] = []) =>
  pageOf({ v: 1, machines, faults }, askedOf(target));

test('a page is sent with a policy that allows its own style and script alone', async (t) => {
  const server = await testServer(t, { bases: [makeOurs(temporaryFolder(t))], machines: { 'a.yaml': '' } });
  const { status, headers, body } = await server.get('/', { accept: 'text/html' });
  t.is(status, 200);
  t.is(headers['content-security-policy'], pagePolicy);
  for (const name of ['style', 'script']) {
    const [, text = ''] = new RegExp(`<${name}>(.*?)</${name}>`, 's').exec(body.toString()) ?? [];
    const hash = createHash('sha256').update(text).digest('base64');
    t.true(pagePolicy.includes(`${name}-src 'sha256-${hash}'`), name);
  }
  t.regex(body.toString(), /href="\/iso\/a\.iso" aria-label="ISO of a"/);
  t.regex((await server.get('/?q=zebra')).body.toString(), /0 of 1 machine found/);
});

test('a thousand machines are ten pages, each reached from the one before', (t) => {
  const all = many(1000);
  let target = '/';
  const seen: string[] = [];
  for (let pages = 1; ; pages += 1) {
    const text = page(all, target);
    seen.push(...[...text.matchAll(/<td role="cell" data-machine="([^"]+)"/g)].map(([, name = '']) => name));
    t.regex(text, new RegExp(`1000 machines; page ${pages} of 10`));
    const [, next] = /rel="next" href="([^"]+)"/.exec(text) ?? [];
    if (next === undefined) break;
    target = next.replaceAll('&amp;', '&');
  }
  t.deepEqual(
    seen,
    all.map(({ name }) => name),
  );
});

test('machines are found by name, base, what they did last, and faults', (t) => {
  const all = [
    machine('web-1', { state: 'installed', since: '2026-11-30T12:00:00.000Z' }),
    machine('web-2', { base: 'other.iso' }),
    machine('db-1', { faults: ['db-1.yaml:1:1: wrong'], served: false }),
  ];
  const found = (search: string) => viewOf(all, { search, page: 1 }).machines.map(({ name }) => name);
  t.deepEqual(found('WEB'), ['web-1', 'web-2']);
  t.deepEqual(found('web installed'), ['web-1']);
  t.deepEqual(found('other'), ['web-2']);
  t.deepEqual(found('fault'), ['db-1']);
  t.deepEqual(found('none'), []);
  t.regex(
    page(all),
    /Installed, disk booted<br><time datetime="2026-11-30T12:00:00.000Z">2026-11-30 12:00 UTC/,
  );
  t.regex(page(all), /None, for its faults:<div class="faults"><ul><li>db-1\.yaml:1:1: wrong/);
  t.regex(page([]), /No machines yet/);
});

test('what makes no sense in an address is the first page, or the last one', (t) => {
  for (const target of ['/?page=0', '/?page=-1', '/?page=x', '/?page=1e400', '/?page=', '/?', '/?q='])
    t.deepEqual(askedOf(target), { search: '', page: 1 }, target);
  t.is(viewOf(many(101), askedOf('/?page=99')).asked.page, 2);
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 50 }), (text, number) => {
      const asked = askedOf(addressOf({ search: text.trim(), page: number }));
      t.deepEqual(asked, { search: text.trim().slice(0, 100).trim(), page: number });
    }),
  );
});

test('no text becomes markup', (t) => {
  const hostile = fc.string({
    unit: fc.constantFrom('<', '>', '"', "'", '&', 'a', ' ', '/', '-'),
    minLength: 1,
    maxLength: 12,
  });
  const [empty] = [tagsOf(page([machine('x', { faults: ['x'] })], '/?q=x', ['x']))];
  fc.assert(
    fc.property(hostile, (text) => {
      const query = `/?${new URLSearchParams({ q: text })}`;
      const rows = page([machine('x', { base: text, faults: [text] })], '/?q=x', [text]);
      t.is(tagsOf(rows), empty);
      t.false(page([], query).includes(`value="${text}"`) && /[<>"]/.test(text));
    }),
  );
});

const tagsOf = (html: string): string => [...html.matchAll(/<\/?[a-z0-9]+/g)].join(' ');

test('a page has no more rows than it may', (t) => {
  t.is(page(many(250)).match(/<tr role="row"><th role="rowheader"/g)?.length, perPage);
});
