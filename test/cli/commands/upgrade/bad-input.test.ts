/** `opsctl upgrade` with what it cannot take: a clear message, an exit code, and a node that is as it was. */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { upgradeCommand } from '../../../../src/cli/commands/upgrade/command.ts';
import { encodeBlockIndex } from '../../../../src/formats/block-index.ts';
import { sha256Of } from '../../../../src/host/digest.ts';
import { linuxHost } from '../../../../src/host/linux/index.ts';
import type { Http } from '../../../../src/host/ports.ts';
import { manifestPath, renderManifest } from '../../../../src/media/manifest.ts';
import { certificate } from '../../../fakes/certificate.ts';
import type { FakeHost } from '../../../fakes/host.ts';
import { temporaryFolder } from '../../../formats/support.ts';
import {
  environmentOf,
  fakeNode,
  faultsOf,
  manifestOf,
  medium,
  state,
  systemFiles,
} from '../../../upgrade/node.ts';
import { runProgram } from '../install/fake-world.ts';

const next = { kernel: '6.1.0-49-amd64', os: '0.2.0' };

async function upgrade(host: FakeHost, ...argv: readonly string[]) {
  const before = host.tree(state);
  const { exitCode, out, err } = await runProgram(['upgrade', ...argv], { commands: [upgradeCommand], host });
  const after = host.tree(state);
  return {
    exitCode,
    out,
    err: err.replaceAll(/\s+/g, ' '),
    same: JSON.stringify(after) === JSON.stringify(before),
  };
}

const refuses = test.macro({
  title: (name) => `refused: ${name}`,
  exec: async (t, host: FakeHost, argv: readonly string[], said: RegExp, code: 2 | 3 = 3) => {
    const { exitCode, err, same } = await upgrade(host, ...argv);
    t.is(exitCode, code, err);
    t.regex(err, said);
    t.true(same, 'the node is as it was');
  },
});

const from = (files: Readonly<Record<string, string>>) => fakeNode({ files });
test(
  'another architecture',
  refuses,
  from(medium('/medium', next, 'arm64')),
  ['/medium'],
  /The medium is for arm64, but this machine is amd64.*bos-amd64\.iso/,
);
test(
  'no Bhojpur OS in a folder',
  refuses,
  from({ '/medium/readme.txt': 'x' }),
  ['/medium'],
  /\/medium does not have a Bhojpur OS.*manifest\.json is missing/,
);
test('no Bhojpur OS in a file', refuses, from({ '/x.iso': 'not an ISO' }), ['/x.iso'], /x\.iso/);
test(
  'a source that is not there',
  refuses,
  fakeNode(),
  ['/nowhere'],
  /\/nowhere cannot be read: it does not exist/,
);
test(
  'an older version',
  refuses,
  from(medium('/medium', { ...next, os: '0.0.9' })),
  ['/medium'],
  /0\.0\.9 is older than 0\.1\.0, which is installed.*--force/,
);
for (const os of ['latest', 'v0.2', '0.2', '1', '0.2.0.1', '00.2.0'])
  test(
    `a version that cannot be ordered: ${os}`,
    refuses,
    from(medium('/medium', { ...next, os })),
    ['/medium'],
    /Nobody can tell whether .* is newer than 0\.1\.0.*--force/,
  );
for (const os of ['../0.2.0', '-0.2.0', '0.2.0/x', 'current', '0.2 0', ''])
  test(
    `a version that cannot be the name of a folder: "${os}"`,
    refuses,
    from(medium('/medium', { ...next, os })),
    ['/medium'],
    /manifest\.json/,
  );
for (const version of ['../x', 'v0.2.0/..', '', ' '])
  test(
    `a name of a release that leads elsewhere: "${version}"`,
    refuses,
    fakeNode(),
    ['--version', version, '--channel', 'https://releases.example'],
    /is not the name of a version/,
    2,
  );

/** A server in memory that knows these texts. */
const serving =
  (texts: Readonly<Record<string, string>>): Http['open'] =>
  async (url) => {
    const text = texts[url];
    const body = (async function* () {
      yield Buffer.from(text ?? '');
    })();
    return { status: text === undefined ? 404 : 200, headers: {}, body, close: () => {} };
  };
const channel = 'https://releases.example/stable';
const inChannel = (texts: Readonly<Record<string, string>>) => {
  const open = serving(texts);
  const get: Http['get'] = async (url) => {
    const { status } = await open(url);
    return { status, headers: {}, body: Buffer.from(texts[url] ?? '') };
  };
  return fakeNode({ open, http: get });
};
test('no channel', refuses, fakeNode(), [], /no channel is configured.*bos\.upgrade\.channel/, 2);
test(
  'a channel whose newest version is not a name',
  refuses,
  inChannel({ [`${channel}/latest`]: '<html>' }),
  [...['--channel', channel]],
  /does not say which version is the newest.*bos\.upgrade\.channel/,
);
test(
  'a version that the channel does not have',
  refuses,
  inChannel({}),
  ['--channel', channel, '--version', 'v9'],
  /v9\/bos\/system\/manifest\.json answered with HTTP status 404/,
);

const authority = async (t: Parameters<typeof certificate>[0], until: string) => {
  const tls = await certificate(t, '20000101', until);
  const asked: string[] = [];
  const server = createServer(tls, ({ url = '' }, response) => {
    asked.push(url);
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const caFile = join(temporaryFolder(t), 'ca.pem');
  writeFileSync(caFile, tls.cert);
  const host = fakeNode({ files: { [caFile]: tls.cert } });
  Object.assign(host, { http: linuxHost().http });
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/${manifestPath}`;
  return { host, url, caFile, asked };
};

test('refused: a certificate that has expired', async (t) => {
  const { host, url, caFile, asked } = await authority(t, '20010101');
  const { exitCode, err, same } = await upgrade(host, url, '--ca-file', caFile);
  t.is(exitCode, 3);
  t.regex(err, /certificate of the server has expired.*was valid until: 2001-01-01/);
  t.true(same);
  t.deepEqual(asked, []);
});

test('an authority of one’s own: refused, unless it is named', async (t) => {
  const { host, url, caFile, asked } = await authority(t, '20991231');
  const { exitCode, err, same } = await upgrade(host, url);
  t.is(exitCode, 3);
  t.regex(err, /does not trust who signed the certificate.*--ca-file FILE/);
  t.true(same);
  t.deepEqual(asked, []);
  t.regex((await upgrade(host, url, '--ca-file', caFile)).err, /HTTP status 404/);
  t.deepEqual(asked, [`/${manifestPath}`]);
});

/** A release on a server whose index of the rootfs is another one; the manifest lists it as it is. */
function withIndex(index: Uint8Array): FakeHost {
  const manifest = manifestOf(next);
  const path = `bos/system/os/${next.os}/rootfs.squashfs.blocks`;
  const files = [...manifest.files, { path, size: index.length, sha256: sha256Of(index) }];
  const bytes = new Map<string, Uint8Array>([
    ...Object.entries(systemFiles(next)).map(([name, text]): [string, Uint8Array] => [
      name,
      Buffer.from(text),
    ]),
    [path, index],
    [manifestPath, Buffer.from(renderManifest({ ...manifest, files }))],
  ]);
  return fakeNode({
    open: async (url, { headers: { range = '' } = {} } = {}) => {
      const found = bytes.get(new URL(url).pathname.slice(1));
      const [, first = '0', last] = /^bytes=(\d+)-(\d*)$/.exec(range) ?? [];
      const size = found?.length ?? 0;
      const end = last ? Math.min(size, Number(last) + 1) : size;
      const body = (async function* () {
        yield found?.subarray(Number(first), end) ?? Buffer.alloc(0);
      })();
      const headers = { 'content-range': `bytes ${first}-${end - 1}/${size}` };
      return { status: found === undefined ? 404 : 206, headers, body, close: () => {} };
    },
  });
}

const rootfs = Buffer.from(systemFiles(next)[`bos/system/os/${next.os}/rootfs.squashfs`] ?? '');
const old = Buffer.from('rootfs of 0.1.0');
const sound = (bytes: Buffer, lengths: readonly number[], of = bytes) => {
  let offset = 0;
  const pieces = lengths.map((length) => {
    const digest = sha256Of(of.subarray(offset, offset + length)).slice(0, 32);
    offset += length;
    return { offset: offset - length, length, digest };
  });
  return encodeBlockIndex({ size: bytes.length, sha256: sha256Of(bytes), pieces });
};
const edited = (bytes: Buffer, edit: (copy: Buffer) => void) => {
  const copy = Buffer.from(bytes);
  edit(copy);
  return copy;
};
const indexes: Readonly<Record<string, Buffer>> = {
  'digests of other blocks': sound(rootfs, [5, 10], old),
  'another file': sound(old, [old.length]),
  'pieces that overlap': edited(sound(rootfs, [5, 10]), (copy) => copy.writeUInt32LE(7, 56)),
  'pieces that leave a gap': edited(sound(rootfs, [5, 10]), (copy) => copy.writeUInt32LE(2, 56)),
  'a piece of no bytes': edited(sound(rootfs, [5, 10]), (copy) => copy.writeUInt32LE(0, 56)),
  'a piece of 4 GB': edited(sound(rootfs, [5, 10]), (copy) => copy.writeUInt32LE(0xffffffff, 56)),
  'a number of pieces that it does not have': edited(sound(rootfs, [5, 10]), (copy) =>
    copy.writeUInt32LE(9, 16),
  ),
  'no index': Buffer.from('text'),
};
for (const [name, index] of Object.entries(indexes))
  test(`an index that lies (${name}) costs a full download, and nothing else`, async (t) => {
    const host = withIndex(index);
    const { exitCode, err } = await upgrade(host, `https://releases.example/${manifestPath}`);
    t.is(exitCode, 0, err);
    t.is((await environmentOf(host)).os, next.os);
    t.deepEqual(await faultsOf(host), []);
  });
