/** Installing from a release: the tree of a medium on a server, or in a folder. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { OpsError } from '../../../src/errors.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import { chooseMedium } from '../../../src/install/medium/choose.ts';
import { planRefs } from '../../../src/install/plan-input.ts';
import type { InstallRequest } from '../../../src/install/request.ts';
import { manifestPath, renderManifest } from '../../../src/media/manifest.ts';
import { signaturePath } from '../../../src/media/signature.ts';
import { execute } from '../../../src/plan/execute.ts';
import { handlers, type Step, stepSchema } from '../../../src/steps/index.ts';
import { type Behaviour, serveRanges } from '../../fakes/range-server.ts';
import { temporaryFolder } from '../../formats/support.ts';
import { contents, manifest, manifestText } from '../../media/small-iso.ts';
import { facts, request } from '../fixtures.ts';

const real = linuxHost();
const host = { ...real, clock: { ...real.clock, sleep: async () => {} } };
const rootfs = 'bos/system/os/0.1.0/rootfs.squashfs';
const tree: Readonly<Record<string, Uint8Array>> = { [manifestPath]: Buffer.from(manifestText), ...contents };

async function serving(
  t: ExecutionContext,
  { more = {}, ...behaviour }: Behaviour & { readonly more?: Readonly<Record<string, Uint8Array>> } = {},
) {
  const paths = Object.entries({ ...tree, ...more }).map(([path, bytes]) => [`/v1/${path}`, bytes]);
  const server = await serveRanges({ paths: Object.fromEntries(paths) }, behaviour);
  t.teardown(server.close);
  return { server, url: `http://me:hush@127.0.0.1:${server.port}/v1/${manifestPath}?token=hush` };
}

const choose = (isoUrl: string, more: Partial<InstallRequest> = {}) =>
  chooseMedium(host, request({ isoUrl, ...more }), facts(), {});

const copies = test.macro({
  title: (_, name: string) => `a release over HTTP, copied: ${name}`,
  exec: async (t, _name: string, behaviour: Behaviour) => {
    const { url } = await serving(t, behaviour);
    const { image, manifestText: found } = await choose(url);
    if (image === undefined) return t.fail();
    t.is(found, manifestText);
    const folder = temporaryFolder(t);
    const step: Step = { id: 'copy', kind: 'copy-from-image', ...image, to: folder };
    t.deepEqual(stepSchema.parse(JSON.parse(JSON.stringify(step))), step);
    t.notRegex(JSON.stringify(step), /hush/);
    t.regex(
      handlers['copy-from-image'].describe(step),
      /from http:\/\/127\.0\.0\.1:\d+\/v1\/bos\/system\/manifest\.json, which nothing verifies$/,
    );
    const plan = { v: 1, operation: 'install', target: folder, steps: [step] } as const;
    await execute(plan, handlers, { host, emit: () => {}, names: { [planRefs.image]: url } });
    for (const [path, bytes] of Object.entries(contents))
      t.is(Buffer.compare(readFileSync(join(folder, path)), bytes), 0, path);
  },
});
test(copies, 'whole', {});
test(copies, 'cut every 200 kB', { cutAfter: 200_000 });
test(copies, 'without ranges', { ranges: false });

test('a release in a folder is a medium as any other', async (t) => {
  const folder = temporaryFolder(t);
  for (const [path, bytes] of Object.entries(tree)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  for (const place of [`${folder}/${manifestPath}`, `file://${folder}/${manifestPath}`]) {
    const chosen = await choose(place);
    t.is(chosen.mediumRoot, folder);
    t.is(chosen.image, undefined);
  }
});

const refuses = test.macro({
  title: (_, name: string) => `a release, refused: ${name}`,
  exec: async (
    t,
    _name: string,
    behaviour: Parameters<typeof serving>[1],
    more: Partial<InstallRequest>,
    code: string,
    says: RegExp,
  ) => {
    const { url } = await serving(t, behaviour);
    const error = await t.throwsAsync(choose(url, more));
    if (!(error instanceof OpsError)) return t.fail(String(error));
    t.is(error.code, code, error.message);
    t.regex([error.message, ...error.details].join('\n'), says);
    t.notRegex([error.message, ...error.details].join('\n'), /hush/);
  },
});
const bytes = (text: string) => Buffer.from(text);
test(
  refuses,
  'a file of another size',
  { more: { [rootfs]: bytes('x') } },
  {},
  'medium-incomplete',
  /1 bytes instead/,
);
const missing: Behaviour = {
  first: ({ url }, response) => {
    if (!url?.includes('rootfs')) return false;
    response.writeHead(404).end();
    return true;
  },
};
test(refuses, 'a file that is missing', missing, {}, 'medium-incomplete', /rootfs\.squashfs is missing/);
test(
  refuses,
  'no manifest',
  { more: { [manifestPath]: bytes('<html>') } },
  {},
  'manifest-invalid',
  /not JSON/,
);
const boundless = { more: { [manifestPath]: Buffer.alloc(2_000_000, ' ') } };
test(refuses, 'a manifest of megabytes', boundless, {}, 'manifest-invalid', /2000000 bytes/);
const nothing = { more: { [manifestPath]: bytes(renderManifest({ ...manifest, files: [] })) } };
test(refuses, 'nothing to boot', nothing, {}, 'manifest-incomplete', /vmlinuz/);
const publicKey = 'RWTHfyVkTHvvMPNTtvUZPkBuyIjjWKo1ySnE8ib5K7nLHs8g64k5XOgR';
test(refuses, 'not signed', {}, { publicKey }, 'signature-missing', /not signed/);
const signed = { more: { [signaturePath]: bytes('signed') } };
test(refuses, 'signed by nobody', signed, { publicKey }, 'signature-invalid', /not a minisign signature/);
test('signed: the time and the comment of the signature are shown, and that it knows nothing of newer versions', async (t) => {
  const { publicKey: ours, privateKey } = generateKeyPairSync('ed25519');
  const id = Buffer.alloc(8, 7);
  const key = Buffer.from(String(ours.export({ format: 'jwk' }).x), 'base64url');
  const comment = 'timestamp:1795278203\tfile:manifest.json';
  const signature = sign(null, Buffer.from(manifestText), privateKey);
  const commented = sign(null, Buffer.concat([signature, Buffer.from(comment)]), privateKey);
  const lines = [
    'untrusted comment: test',
    Buffer.concat([Buffer.from('Ed'), id, signature]).toString('base64'),
    `trusted comment: ${comment}`,
    commented.toString('base64'),
  ];
  const { url } = await serving(t, { more: { [signaturePath]: bytes(`${lines.join('\n')}\n`) } });
  const said: string[] = [];
  const publicKey = Buffer.concat([Buffer.from('Ed'), id, key]).toString('base64');
  await chooseMedium(host, request({ isoUrl: url, publicKey }), facts(), { say: (line) => said.push(line) });
  t.regex(
    said.join('\n'),
    /made at 2026-11-21T16:23:23Z .*file:manifest\.json.*whether there is a newer version/,
  );
});
test(
  refuses,
  'a digest of the whole',
  {},
  { isoSha256: '0'.repeat(64) },
  'sha256-of-release',
  /is for an ISO/,
);

test('a file that changed meanwhile is found out by its digest', async (t) => {
  const { server, url } = await serving(t);
  const { image } = await choose(url);
  if (image === undefined) return t.fail();
  const other = Buffer.from(contents[rootfs] ?? '');
  other[1000] = (other[1000] ?? 0) ^ 1;
  const paths = Object.entries({ ...tree, [rootfs]: other }).map(([path, body]) => [`/v1/${path}`, body]);
  server.change({ paths: Object.fromEntries(paths) });
  const step: Step = { id: 'copy', kind: 'copy-from-image', ...image, to: temporaryFolder(t) };
  const plan = { v: 1, operation: 'install', target: 'x', steps: [step] } as const;
  await t.throwsAsync(execute(plan, handlers, { host, emit: () => {}, names: { [planRefs.image]: url } }), {
    code: 'medium-damaged',
    message: /rootfs\.squashfs does not match its digest/,
  });
});
