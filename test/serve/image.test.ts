/** Disk images as they come over the wire, against what `opsctl image edit` makes of a copy. */
import { statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import fc from 'fast-check';
import { sameBytes, tool } from '../formats/support.ts';
import { makeOurs } from '../iso/media.ts';
import { runs } from '../properties.ts';
import { edited, image, node1 } from './image-support.ts';
import { testServer } from './support.ts';

test('the bytes of image edit, in random ranges, and near what differs', async (t) => {
  const { folder, base } = await image(t);
  const wanted = await edited(folder, base);
  const server = await testServer(t, { bases: [base], machines: { 'node1.yaml': node1 } });
  const head = await server.get('/image/node1.img', {}, 'HEAD');
  const file = await open(wanted);
  t.teardown(() => file.close());
  const { size } = await file.stat();
  t.deepEqual([head.status, head.headers['content-length']], [200, `${size}`]);
  t.is(head.headers['content-type'], 'application/octet-stream');
  const differing = await differences(base, wanted);
  t.true(differing.length > 2);
  const near = fc
    .tuple(fc.constantFrom(...differing), fc.integer({ min: -9000, max: 9000 }))
    .map(([at, more]) => Math.max(0, Math.min(size - 1, at + more)));
  const range = fc.tuple(fc.oneof(near, fc.nat(size - 1)), fc.integer({ min: 1, max: 20_000 }));
  await fc.assert(
    fc.asyncProperty(range, async ([offset, wish]) => {
      const length = Math.min(wish, size - offset);
      const { status, body } = await server.get('/image/node1.img', {
        range: `bytes=${offset}-${offset + length - 1}`,
      });
      t.is(status, 206);
      const { buffer } = await file.read(Buffer.alloc(length), 0, length, offset);
      sameBytes(t, body, buffer, `${offset} ${length}`);
    }),
    { numRuns: runs(300) },
  );
});

async function beginningOf(path: string, length: number): Promise<Buffer> {
  const file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(length), 0, length, 0);
  await file.close();
  return buffer;
}

/** Where blocks begin that differ; `cmp` prints every byte of them. The settings lie in the first 400 MB. */
async function differences(one: string, other: string): Promise<number[]> {
  const { stdout } = await execa('cmp', ['-l', '-n', '400MB', one, other], { reject: false });
  const places = stdout.split('\n').filter((line) => line !== '');
  return [...new Set(places.map((line) => Math.floor((Number.parseInt(line, 10) - 1) / 512) * 512))];
}

test('one that changes nothing, and one whose file changes', async (t) => {
  const { base } = await image(t);
  const server = await testServer(t, { bases: [base], machines: { 'a.yaml': '' } });
  const range = { range: 'bytes=0-9999' };
  const before = await server.get('/image/a.img', range);
  sameBytes(t, before.body, await beginningOf(base, 10_000));
  server.write({ 'a.yaml': 'append_kargs: [a=b]\n' });
  const conditional = { ...range, 'if-range': before.headers.etag ?? '' };
  const after = await server.get('/image/a.img', conditional, 'HEAD');
  t.deepEqual(
    [before.status, (await server.get('/image/a.img', range, 'HEAD')).headers.etag === before.headers.etag],
    [206, false],
  );
  t.is(after.status, 200);
});

test('beside an ISO each kind has its own base', async (t) => {
  const { folder, base } = await image(t);
  const iso = makeOurs(folder);
  const token = 'a-token-that-nobody-guesses';
  const server = await testServer(t, {
    bases: [iso, base],
    machines: { 'a.yaml': '', 'b.yaml': 'base: disk.img\n', 'c.yaml': `token: ${token}\n` },
  });
  for (const name of ['a', 'b']) {
    const size = (path: string) =>
      server.get(path, {}, 'HEAD').then(({ headers }) => Number(headers['content-length']));
    t.is(await size(`/iso/${name}.iso`), statSync(iso).size);
    t.is(await size(`/image/${name}.img`), statSync(base).size);
  }
  t.is((await server.get('/image/c.img', {}, 'HEAD')).status, 404);
  t.is((await server.get(`/t/${token}/image/c.img`, {}, 'HEAD')).status, 200);
  const { machines } = JSON.parse((await server.get('/machines.json')).body.toString());
  t.deepEqual(
    machines.map((machine: { image: unknown }) => machine.image),
    ['/image/a.img', '/image/b.img', null],
  );
  const only = await testServer(t, { bases: [iso], machines: { 'a.yaml': '' } });
  t.is((await only.get('/image/a.img')).status, 404);
});

test('what image edit refuses is refused', async (t) => {
  const { base } = await image(t);
  const server = await testServer(t, {
    bases: [base],
    machines: {
      'none.yaml': 'config: {hostname: nobody}\n',
      'word.yaml': 'delete_kargs: [never-there]\n',
      'large.yaml': `config: {hostname: a, bos: {password: p-a-s-s}, write_files: [{path: /a, content: "${'x'.repeat(300_000)}"}]}\n`,
    },
  });
  for (const [name, why] of [
    ['none', /^Nobody could log in to the image/],
    ['word', /^No menu entry has the argument never-there/],
    ['large', /^The configuration has 300 kB, but the image has room for/],
  ] as const) {
    const { status, body } = await server.get(`/image/${name}.img`);
    t.is(status, 500);
    t.regex(body.toString(), why);
  }
});

test('images that are not raw are named and refused', async (t) => {
  const { folder, base } = await image(t);
  const [qcow2, packed] = [join(folder, 'a.qcow2'), join(folder, 'a.img.xz')];
  tool('qemu-img', 'convert', '-O', 'qcow2', base, qcow2);
  writeFileSync(packed, Buffer.from('fd377a585a000004e6d6b446', 'hex'));
  for (const [place, why] of [
    [qcow2, /a\.qcow2 is a qcow2 image/],
    [packed, /a\.img\.xz is compressed/],
  ] as const) {
    const server = await testServer(t, { bases: [place], machines: { 'a.yaml': '' } });
    const { status, body } = await server.get('/iso/a.iso');
    t.is(status, 500);
    t.regex(body.toString(), why);
  }
});
