/** ISOs as they come over the wire, against what `opsctl iso remaster -o` writes. */
import {
  copyFileSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { boundaryOf, partsOf } from '../../src/formats/multipart-byteranges.ts';
import { sha256Of } from '../../src/host/digest.ts';
import { Base } from '../../src/serve/iso/base.ts';
import { serveRanges } from '../fakes/range-server.ts';
import { sameBytes, temporaryFolder, tool } from '../formats/support.ts';
import { change, host, imageBy } from '../iso/edit/edit-support.ts';
import { makeCasper, makeOurs } from '../iso/media.ts';
import { runs } from '../properties.ts';
import { answered, raw, testServer } from './support.ts';

async function* inOnePiece(bytes: Uint8Array) {
  yield bytes;
}

/** A machine of an ISO of ours, and what the same changes by hand make of it. */
const config = 'hostname: node1\nbos:\n  token: not-for-everybody\n';
const node1 = `
config:
  hostname: node1
  bos:
    token: not-for-everybody
append_kargs: [console=ttyS1]
install: {device: /dev/vda}
files:
- {path: site/a.txt, content: hello}
`;

async function ours(t: ExecutionContext) {
  const folder = temporaryFolder(t);
  const iso = makeOurs(folder);
  writeFileSync(join(folder, 'config.yaml'), config);
  writeFileSync(join(folder, 'a.txt'), 'hello');
  const output = join(folder, 'wanted.iso');
  await change(
    iso,
    {
      menu: { append: ['console=ttyS1'], install: [{ name: 'device', value: '/dev/vda' }] },
      config: join(folder, 'config.yaml'),
      add: [{ source: join(folder, 'a.txt'), path: 'site/a.txt' }],
    },
    { output },
  );
  return { iso, folder, wanted: readFileSync(output) };
}

test('the bytes of iso remaster -o, and their digest', async (t) => {
  const { iso, wanted } = await ours(t);
  const { get } = await testServer(t, { bases: [iso], machines: { 'node1.yaml': node1 } });
  const { status, headers, body } = await get('/iso/node1.iso');
  t.is(status, 200);
  t.is(headers['content-length'], `${wanted.length}`);
  t.is(headers['accept-ranges'], 'bytes');
  t.regex(headers.etag ?? '', /^"[\w-]{43}"$/);
  sameBytes(t, body, wanted);
  const digest = await get('/iso/node1.iso.sha256');
  t.is(digest.body.toString(), `${sha256Of(wanted)}  node1.iso\n`);
  const head = await get('/iso/node1.iso', {}, 'HEAD');
  t.deepEqual([head.status, head.headers['content-length'], head.body.length], [200, `${wanted.length}`, 0]);
  t.is(head.headers.etag, headers.etag);
});

test('random ranges, several at a time among them', async (t) => {
  const { iso, wanted } = await ours(t);
  const { get } = await testServer(t, { bases: [iso], machines: { 'node1.yaml': node1 } });
  const size = wanted.length;
  // Near the places that differ from the base, too.
  const offset = fc.oneof(
    fc.nat(size - 1),
    fc.integer({ min: 32_768, max: 100_000 }),
    fc.integer({ min: size - 5000, max: size - 1 }),
  );
  const spec = fc.tuple(offset, fc.oneof(fc.nat(3000), fc.nat(600_000)));
  await fc.assert(
    fc.asyncProperty(fc.array(spec, { minLength: 1, maxLength: 4 }), async (specs) => {
      const list = specs.map(([first, more]) => `${first}-${first + more}`).join(',');
      const { status, headers, body } = await get('/iso/node1.iso', { range: `bytes=${list}` });
      t.is(status, 206);
      t.is(headers['content-length'], `${body.length}`);
      const boundary = boundaryOf(headers['content-type'] ?? '');
      const parts: { offset: number; bytes: Uint8Array }[] = [];
      if (boundary === undefined) {
        const [, first] = /^bytes (\d+)-/.exec(headers['content-range'] ?? '') ?? [];
        parts.push({ offset: Number(first), bytes: body });
      } else for await (const part of partsOf(inOnePiece(body), boundary)) parts.push(part);
      for (const part of parts)
        sameBytes(t, part.bytes, wanted.subarray(part.offset, part.offset + part.bytes.length));
      const wantedBytes = new Set(
        specs.flatMap(([first, more]) => [first, Math.min(size - 1, first + more)]),
      );
      for (const byte of wantedBytes)
        t.true(parts.some((part) => part.offset <= byte && byte < part.offset + part.bytes.length));
    }),
    { numRuns: runs(200) },
  );
});

test('other people’s ISOs, and one that changes nothing', async (t) => {
  const folder = temporaryFolder(t);
  const casper = makeCasper(folder);
  const plain = imageBy(t, 'genisoimage', 3);
  const output = join(folder, 'wanted.iso');
  await change(casper, { menu: { append: ['a=b'] }, volumeId: 'MINE' }, { output });
  const { get } = await testServer(t, {
    bases: [plain, casper],
    machines: { 'a.yaml': 'base: casper.iso\nappend_kargs: [a=b]\nvolid: MINE\n', 'b.yaml': '' },
  });
  sameBytes(t, (await get('/iso/a.iso')).body, readFileSync(output));
  sameBytes(t, (await get('/iso/b.iso')).body, readFileSync(plain));
});

test('a file too large for memory is read while it is sent', async (t) => {
  const folder = temporaryFolder(t);
  const iso = makeOurs(folder);
  const large = Buffer.alloc(3_000_001, 'large file');
  const big = join(folder, 'big.bin');
  writeFileSync(big, large);
  const output = join(folder, 'wanted.iso');
  await change(iso, { add: [{ source: big, path: 'big.bin' }] }, { output });
  const server = await testServer(t, {
    bases: [iso],
    machines: { 'a.yaml': 'files: [{path: big.bin, source: big.bin}]\n', 'big.bin': large },
  });
  const first = await server.get('/iso/a.iso');
  sameBytes(t, first.body, readFileSync(output));
  t.is((await server.get('/iso/a.iso.sha256')).body.toString().slice(0, 64), sha256Of(readFileSync(output)));
  server.write({ 'big.bin': Buffer.alloc(3_000_001, 'LARGE FILE') });
  const second = await server.get('/iso/a.iso');
  t.not(second.headers.etag, first.headers.etag);
  t.false(second.body.equals(first.body));
});

test('conditions and ranges that cannot be', async (t) => {
  const { iso, wanted } = await ours(t);
  const { get } = await testServer(t, { bases: [iso], machines: { 'node1.yaml': node1 } });
  const { etag = '' } = (await get('/iso/node1.iso', {}, 'HEAD')).headers;
  const range = { range: 'bytes=0-9' };
  t.is((await get('/iso/node1.iso', { ...range, 'if-range': etag })).status, 206);
  for (const other of ['"other"', `W/${etag}`, 'Mon, 30 Nov 2026 08:00:00 GMT'])
    t.is((await get('/iso/node1.iso', { ...range, 'if-range': other })).status, 200);
  const known = await get('/iso/node1.iso', { 'if-none-match': `"x", ${etag}` });
  t.deepEqual([known.status, known.body.length, known.headers.etag], [304, 0, etag]);
  t.is((await get('/iso/node1.iso', { 'if-match': '"x"' })).status, 412);
  const beyond = await get('/iso/node1.iso', { range: `bytes=${wanted.length}-` });
  t.deepEqual([beyond.status, beyond.headers['content-range']], [416, `bytes */${wanted.length}`]);
  const head = await get('/iso/node1.iso', range, 'HEAD');
  t.deepEqual([head.status, head.headers['content-length'], head.body.length], [206, '10', 0]);
});

test('a machine’s file that changes shows at the next request, and a stream that began is never a mixture', async (t) => {
  const { iso, wanted } = await ours(t);
  const server = await testServer(t, { bases: [iso], machines: { 'node1.yaml': node1 } });
  const began = await answered(
    request({ host: '127.0.0.1', port: server.port, path: '/iso/node1.iso', agent: false }),
  );
  server.write({ 'node1.yaml': node1.replace('ttyS1', 'ttyS2') });
  const second = await server.get('/iso/node1.iso');
  const pieces: Buffer[] = [];
  for await (const piece of began) pieces.push(piece as Buffer);
  sameBytes(t, Buffer.concat(pieces), wanted);
  t.false(second.body.equals(wanted));
  t.true(second.body.includes('console=ttyS2') && !second.body.includes('console=ttyS1'));
  t.not(second.headers.etag, began.headers.etag);
});

test('what was written in vain is told with the machine, whose ISO is served all the same', async (t) => {
  const { iso } = await ours(t);
  const { get, write } = await testServer(t, {
    bases: [iso],
    machines: {
      'inside.yaml': 'config:\n  hostnam: node1\n',
      'beside.yaml': 'config: site/node.yaml\n',
      'site/node.yaml': 'hostname: a\nbos.lables: {a: b}\n',
    },
  });
  const listed = async () => JSON.parse((await get('/machines.json')).body.toString()).machines;
  t.like(await listed(), [
    {
      ...{ name: 'beside', served: true },
      faults: ['site/node.yaml:2:1: warning: bos.lables: is not a key; did you mean bos.labels?'],
    },
    {
      ...{ name: 'inside', served: true },
      faults: ['inside.yaml:2:3: warning: hostnam: is not a key; did you mean hostname?'],
    },
  ]);
  t.is((await get('/iso/inside.iso', {}, 'HEAD')).status, 200);
  t.is((await get('/iso/beside.iso', {}, 'HEAD')).status, 200);
  t.regex((await get('/')).body.toString(), /inside\.iso.*did you mean hostname\?/s);
  write({ 'site/node.yaml': 'hostname: [a]\n' });
  t.like(await listed(), [{ name: 'beside', served: false }, { name: 'inside' }]);
  t.is((await get('/iso/beside.iso', {}, 'HEAD')).status, 500);
  write({ 'beside.yaml': 'config: site/none.yaml\n' });
  const [beside] = await listed();
  t.false(beside.served);
  t.regex(beside.faults.join(), /none\.yaml: config: cannot be read: it does not exist/);
});

test('faults of one machine are its own, and hold no secret', async (t) => {
  const { iso, wanted } = await ours(t);
  const { get, log } = await testServer(t, {
    bases: [iso],
    machines: {
      'node1.yaml': node1,
      'bad.yaml': 'config:\n  bos: {token: [hunter22]}\n',
      'unfit.yaml': 'delete_kargs: [secret=hunter22]\n',
      'taken.yaml': 'files: [{path: boot/grub/grub.cfg, content: x}]\n',
      'lost.yaml': 'base: other.iso\n',
    },
  });
  const bad = await get('/iso/bad.iso');
  t.is(bad.status, 500);
  t.regex(bad.body.toString(), /bad\.yaml:2:16: bos\.token: /);
  const unfit = await get('/iso/unfit.iso');
  t.is(unfit.status, 500);
  t.regex(unfit.body.toString(), /secret=/);
  t.regex((await get('/iso/taken.iso')).body.toString(), /already has \/boot\/grub\/grub\.cfg/);
  t.regex((await get('/iso/lost.iso')).body.toString(), /ours\.iso/);
  t.is((await get('/iso/none.iso')).status, 404);
  t.false(JSON.stringify(log).includes('hunter22') || `${bad.body}${unfit.body}`.includes('hunter22'));
  const { body } = await get('/machines.json');
  t.deepEqual(
    JSON.parse(body.toString()).machines.map((machine: { name: string; faults: string[] }) => [
      machine.name,
      machine.faults.length,
    ]),
    [
      ...[
        ['bad', 1],
        ['lost', 1],
        ['node1', 0],
      ],
      ...[
        ['taken', 0],
        ['unfit', 0],
      ],
    ],
  );
  sameBytes(t, (await get('/iso/node1.iso')).body, wanted);
});

/** Something is put into the base while a client that takes nothing more has an answer half way. */
const halfWay = test.macro({
  exec: async (t, spoil: (iso: string) => void) => {
    const folder = temporaryFolder(t);
    const iso = makeOurs(folder, { 'large.bin': Buffer.alloc(30_000_000, 'large') });
    const server = await testServer(t, { bases: [iso], machines: { 'a.yaml': 'append_kargs: [a]\n' } });
    const began = await answered(
      request({ host: '127.0.0.1', port: server.port, path: '/iso/a.iso', agent: false }),
    );
    began.pause();
    spoil(iso);
    let [bytes, fault] = [0, ''];
    try {
      for await (const piece of began) bytes += (piece as Buffer).length;
    } catch (error) {
      fault = String(error);
    }
    t.not(fault, '');
    t.true(bytes < Number(began.headers['content-length']));
    const [line] = server.log.filter(({ event }) => event === 'request');
    t.like(line, { status: 200, ended: 'changed' });
    const { etag } = (await server.get('/iso/a.iso', {}, 'HEAD')).headers;
    t.not(etag, began.headers.etag);
  },
  title: (name = '') => `a base ends its streams with an error when it is ${name}`,
});

test('written to', halfWay, (iso) => {
  const bytes = readFileSync(iso);
  bytes[bytes.length - 40_000] = 7;
  writeFileSync(iso, bytes);
});
test('cut shorter', halfWay, (iso) => {
  truncateSync(iso, 1_000_000);
});
test('replaced', halfWay, (iso) => {
  copyFileSync(iso, `${iso}.new`);
  renameSync(`${iso}.new`, iso);
});

test('a base that is gone or no ISO: said, and the server stays', async (t) => {
  const { iso, wanted } = await ours(t);
  const server = await testServer(t, { bases: [iso], machines: { 'node1.yaml': node1 } });
  t.is((await server.get('/iso/node1.iso', {}, 'HEAD')).status, 200);
  renameSync(iso, `${iso}.aside`);
  t.regex(
    (await server.get('/iso/node1.iso')).body.toString(),
    /^ours\.iso cannot be read: it does not exist/,
  );
  writeFileSync(iso, Buffer.alloc(100_000, 'no iso'));
  const answer = await server.get('/iso/node1.iso');
  t.is(answer.status, 500);
  t.regex(answer.body.toString(), /^ours\.iso is not an ISO 9660 image/);
  renameSync(`${iso}.aside`, iso);
  sameBytes(t, (await server.get('/iso/node1.iso')).body, wanted);
});

test('a base on another server', async (t) => {
  const { iso, wanted } = await ours(t);
  const other = await serveRanges({ file: iso }, { etag: '"one"' });
  t.teardown(() => other.close());
  const { get, log } = await testServer(t, { bases: [other.url], machines: { 'node1.yaml': node1 } });
  sameBytes(t, (await get('/iso/node1.iso')).body, wanted);
  const part = await get('/iso/node1.iso', { range: 'bytes=30000-70000' });
  sameBytes(t, part.body, wanted.subarray(30_000, 70_001));
  // Another version there, which the next answer notices before it has sent a byte of it.
  other.change({ file: iso }, { etag: '"two"' });
  await t.throwsAsync(get('/iso/node1.iso', { range: 'bytes=600000-700000' }), { code: 'ECONNRESET' });
  t.is(log.at(-1)?.ended, 'changed');
});

test('a base on another server that has less than it says: said within seconds, and cut where it ends', async (t) => {
  const { iso } = await ours(t);
  const { size } = statSync(iso);
  const other = await serveRanges({ file: iso }, { etag: '"one"', claims: size + 3_000_000 });
  t.teardown(() => other.close());
  const slept: number[] = [];
  const clock = { ...host.clock, sleep: async (ms: number) => void slept.push(ms) };
  const { get, log } = await testServer(t, {
    ...{ bases: [other.url], machines: { 'node1.yaml': node1 }, on: { ...host, clock } },
  });
  const answer = await get('/iso/node1.iso').catch((error) => error);
  t.true(answer.status === 500 || answer.code === 'ECONNRESET', `${answer.status} ${answer.code}`);
  t.true(log.length > 0);
  t.true(slept.reduce((sum, ms) => sum + ms, 0) < 20_000, `${slept}`);
});

test('HTTP/1.0, HEAD first, one connection for each', async (t) => {
  const { iso, wanted } = await ours(t);
  const { port } = await testServer(t, { bases: [iso], machines: { 'node1.yaml': node1 } });
  const head = await raw(port, 'HEAD /iso/node1.iso HTTP/1.0\r\n\r\n');
  t.regex(head, new RegExp(`^HTTP/1\\.1 200 OK\r\n.*content-length: ${wanted.length}\r\n`, 'is'));
  const part = await raw(port, 'GET /iso/node1.iso HTTP/1.0\r\nRange: bytes=32768-34815\r\n\r\n');
  t.regex(part, /^HTTP\/1\.1 206 .*\r\ncontent-range: bytes 32768-34815\//is);
  t.is(part.slice(part.indexOf('\r\n\r\n') + 4), wanted.toString('latin1', 32_768, 34_816));
});

test('other methods, and requests that are none', async (t) => {
  const { iso } = await ours(t);
  const { get, port } = await testServer(t, { bases: [iso], machines: { 'node1.yaml': node1 } });
  const post = await get('/iso/node1.iso', {}, 'POST');
  t.deepEqual([post.status, post.headers.allow], [405, 'GET, HEAD']);
  t.regex(await raw(port, 'nonsense\r\n\r\n'), /^HTTP\/1\.1 400 /);
  t.regex(
    await raw(port, `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`),
    /^HTTP\/1\.1 431 /,
  );
  t.is((await get('/')).status, 200);
});

test('a digest that is being computed from a slow server does not hold up the end', async (t) => {
  const iso = readFileSync(makeOurs(temporaryFolder(t), { 'large.bin': Buffer.alloc(3_000_000) }));
  const size = iso.length;
  const remote = await serveRanges(iso, { etag: '"1"' });
  t.teardown(() => remote.close());
  const { get, serving, log } = await testServer(t, {
    ...{ bases: [remote.url], machines: { 'a.yaml': '', 'b.yaml': 'volid: B' }, limits: { stopMs: 50 } },
  });
  t.is((await get('/iso/a.iso', {}, 'HEAD')).status, 200);
  t.is((await get('/iso/b.iso', {}, 'HEAD')).status, 200);
  const stalled = new Promise<void>((resolve) => {
    // The head of an answer, and then nothing.
    const first = ({ headers }: IncomingMessage, response: ServerResponse) => {
      const [, from, to] = /(\d+)-(\d*)/.exec(headers.range ?? '') ?? [];
      const last = to ? Number(to) : size - 1;
      response.writeHead(206, {
        ...{ etag: '"1"', 'content-range': `bytes ${from}-${last}/${size}` },
        'content-length': last - Number(from) + 1,
      });
      response.flushHeaders();
      resolve();
      return true;
    };
    remote.change(new Uint8Array(), { first });
  });
  // One is computed, the other waits for it.
  const answers = ['a', 'b'].map((name) => get(`/iso/${name}.iso.sha256`).catch(() => undefined));
  await stalled;
  await serving.stop();
  await Promise.all(answers);
  t.deepEqual(
    log.slice(-2).map(({ ended }) => ended),
    ['stopped', 'stopped'],
  );
});

test('a base that is not served is a fault in the list, too', async (t) => {
  const { get } = await testServer(t, {
    bases: [makeOurs(temporaryFolder(t))],
    machines: { 'a.yaml': 'base: ours.iso\n', 'b.yaml': 'base: other.iso\n' },
  });
  const { machines } = JSON.parse((await get('/machines.json')).body.toString());
  t.deepEqual(
    machines.map(({ faults, served }: { faults: string[]; served: boolean }) => [faults, served]),
    [
      [[], true],
      [['b: base: other.iso is not served; there are: ours.iso'], false],
    ],
  );
});

test('a file that is removed while it is sent ends the answer as a changed one does', async (t) => {
  const large = Buffer.alloc(8_000_000, 'large');
  const { get, folder, log } = await testServer(t, {
    bases: [makeOurs(temporaryFolder(t))],
    machines: { 'a.yaml': 'files: [{path: /large, source: large}]\n', large },
    // Once it is begun, before the file is opened.
    on: {
      ...host,
      files: {
        ...host.files,
        openPinned: (path) => {
          if (path.endsWith('/large')) rmSync(join(folder, 'large'), { force: true });
          return host.files.openPinned(path);
        },
      },
    },
  });
  const answer = await get('/iso/a.iso');
  t.not(answer.fault, undefined);
  t.deepEqual(
    log.filter(({ event }) => event !== 'listening').map(({ event, ended }) => [event, ended]),
    [['request', 'changed']],
  );
});

test('a pipe is no base, and is not called a folder', async (t) => {
  const pipe = join(temporaryFolder(t), 'pipe');
  tool('mkfifo', pipe);
  const message = (path: string) => `${path} cannot be read: it is not a file`;
  for (const path of [pipe, '/dev/null'])
    await t.throwsAsync(new Base(host, path, 'pipe').hold(), {
      code: 'base-missing',
      message: message(path),
    });
});
