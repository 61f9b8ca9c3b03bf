/** Installing from an ISO: what is planned, what is refused, and its files in a folder, over a bad network too. */
import { readFileSync, writeFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { exitCodeOf, OpsError } from '../../../src/errors.ts';
import { sha256Of } from '../../../src/host/digest.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import type { Host } from '../../../src/host/ports.ts';
import { checkInstall } from '../../../src/install/check/check.ts';
import { planInstall } from '../../../src/install/plan.ts';
import { planRefs } from '../../../src/install/plan-input.ts';
import type { InstallRequest } from '../../../src/install/request.ts';
import type { Event } from '../../../src/plan/events.ts';
import { execute } from '../../../src/plan/execute.ts';
import { handlers, type Step, stepSchema } from '../../../src/steps/index.ts';
import { type Behaviour, serveRanges } from '../../fakes/range-server.ts';
import { temporaryFolder } from '../../formats/support.ts';
import { contents, makeIso, manifestText } from '../../media/small-iso.ts';
import { facts, liveHost, planInput, request } from '../fixtures.ts';

const real = linuxHost();

/** The live machine, with the real files and network for what is not of its own. Pauses take no time. */
function machine(): Host {
  const live = liveHost();
  const own = (path: string) => /^\/(proc|run|usr)\//.test(path);
  const files: Host['files'] = {
    ...live.files,
    read: (path) => (own(path) ? live : real).files.read(path),
    readText: (path) => (own(path) ? live : real).files.readText(path),
    exists: (path) => (own(path) ? live : real).files.exists(path),
    realPath: (path) => (own(path) ? live : real).files.realPath(path),
    open: (path, flags) => (own(path) ? live : real).files.open(path, flags),
  };
  return { ...live, files, http: real.http };
}

async function serving(t: ExecutionContext, iso: string, behaviour: Behaviour = {}) {
  const server = await serveRanges({ file: iso }, behaviour);
  t.teardown(server.close);
  return server;
}

/** A server that has `bos.iso.sha256` too. */
const withChecksum = (text: string, status = 200): Behaviour => ({
  first: ({ url }, response) => {
    if (!url?.endsWith('.sha256')) return false;
    response.writeHead(status).end(text);
    return true;
  },
});

const check = (isoUrl: string, more: Partial<InstallRequest> = {}) =>
  checkInstall(machine(), request({ isoUrl, ...more }), facts({ mediumRoot: '/nowhere' }));

test('the plan copies from the ISO what its manifest lists, without the secrets of its URL', async (t) => {
  const { url } = await serving(t, makeIso(t), { etag: '"1"' });
  const isoUrl = `${url.replace('//', '//me:hush@')}?token=hush`;
  const checked = await check(isoUrl);
  t.is(checked.manifestText, manifestText);
  const plan = planInstall(planInput({ ...checked, config: planInput().config }));
  for (const step of plan.steps) t.deepEqual(stepSchema.parse(JSON.parse(JSON.stringify(step))), step);
  t.notRegex(JSON.stringify(plan), /hush/);
  const copy = plan.steps.find((step) => step.id === 'copy-system');
  if (copy?.kind !== 'copy-from-image') return t.fail();
  t.is(
    handlers['copy-from-image'].describe(copy),
    `Copy the system (4 files, 5.4 MB) from ${url}, which nothing verifies`,
  );
  t.deepEqual(
    plan.steps.map(({ id }) => id),
    planInstall(planInput()).steps.map(({ id }) => id),
  );
});

const copies = test.macro({
  title: (_, name: string) => `copied: ${name}`,
  exec: async (t, _name: string, behaviour: Behaviour | undefined, more: 'digest' | 'no digest') => {
    const iso = makeIso(t);
    const isoUrl = behaviour === undefined ? iso : (await serving(t, iso, behaviour)).url;
    const isoSha256 = sha256Of(readFileSync(iso));
    const checked = await check(isoUrl, more === 'digest' ? { isoSha256 } : {});
    const { folder, notes } = await copy(t, checked.image, isoUrl);
    for (const [path, bytes] of Object.entries(contents))
      t.is(Buffer.compare(readFileSync(`${folder}/${path}`), bytes), 0, path);
    if (behaviour?.cutAfter !== undefined) t.regex(notes[0] ?? '', /trying again in 1 s/);
  },
});

/** Runs the step that copies, into a folder. */
async function copy(t: ExecutionContext, image: Awaited<ReturnType<typeof check>>['image'], isoUrl: string) {
  if (image === undefined) throw new Error('no image was planned');
  const folder = temporaryFolder(t);
  const events: Event[] = [];
  const host = { ...real, clock: { ...real.clock, sleep: async () => {} } };
  const step: Step = { id: 'copy', kind: 'copy-from-image', ...image, to: folder };
  await execute({ v: 1, operation: 'install', target: folder, steps: [step] }, handlers, {
    host,
    emit: (event) => events.push(event),
    names: { [planRefs.image]: isoUrl },
  });
  return { folder, notes: events.flatMap((event) => (event.type === 'note' ? [event.message] : [])) };
}
test(copies, 'a file', undefined, 'no digest');
test(copies, 'a file with its digest', undefined, 'digest');
test(copies, 'over HTTP', {}, 'no digest');
test(copies, 'over HTTP with its digest', { etag: '"1"' }, 'digest');
test(copies, 'over HTTP, cut every 100 kB', { cutAfter: 100_000 }, 'no digest');
test(copies, 'without ranges', { ranges: false }, 'no digest');
test(
  copies,
  'without ranges, cut, with its digest',
  { ranges: false, cutAfter: 4_000_000, cuts: 5 },
  'digest',
);

test('the digest beside the ISO is taken, over HTTP and beside a file', async (t) => {
  const iso = makeIso(t);
  const digest = sha256Of(readFileSync(iso));
  const { url } = await serving(t, iso, withChecksum(`${digest}  bos.iso\n`));
  t.is((await check(url)).image?.sha256, digest);
  writeFileSync(`${iso}.sha256`, `${digest} *bos.iso\n`);
  t.is((await check(iso)).image?.sha256, digest);
  const given = 'a'.repeat(64);
  t.is((await check(url, { isoSha256: given })).image?.sha256, given, 'one that was given wins');
});

test('no digest beside the ISO is none; a server that is busy has not said so', async (t) => {
  const iso = makeIso(t);
  const gone = await serving(t, iso, withChecksum('no', 403));
  t.is((await check(gone.url)).image?.sha256, null);
  const busy = await serving(t, iso, withChecksum('no', 503));
  await t.throwsAsync(check(busy.url), { code: 'url-status', message: /bos\.iso\.sha256 answered.*503/ });
  const page = await serving(t, iso, withChecksum('<html>'));
  await t.throwsAsync(check(page.url), { code: 'sha256-invalid' });
});

test('an ISO with another digest is found out before the end of copying', async (t) => {
  const iso = makeIso(t);
  const { url } = await serving(t, iso);
  const { image } = await check(url, { isoSha256: '0'.repeat(64) });
  const error = await t.throwsAsync(copy(t, image, url), { code: 'iso-digest', message: /SHA-256/ });
  t.is(exitCodeOf(error), 4, 'nothing destructive had run here');
});

test('an ISO that changes between the plan and its execution is refused before any step runs', async (t) => {
  const iso = makeIso(t);
  const server = await serving(t, iso, { etag: '"1"' });
  const { image } = await check(server.url);
  server.change({ file: iso }, { etag: '"2"' });
  const error = await t.throwsAsync(copy(t, image, server.url), { code: 'medium-changed' });
  t.is(exitCodeOf(error), 3);
});

test('an ISO for another machine, one that is not signed, one that is none', async (t) => {
  const iso = makeIso(t);
  const publicKey = 'RWTHfyVkTHvvMPNTtvUZPkBuyIjjWKo1ySnE8ib5K7nLHs8g64k5XOgR';
  await t.throwsAsync(check(iso, { publicKey }), { code: 'signature-missing' });
  await t.throwsAsync(
    checkInstall(machine(), request({ isoUrl: iso }), facts({ arch: 'arm64', firmware: 'efi' })),
    {
      code: 'medium-arch',
    },
  );
  writeFileSync(iso, 'no ISO');
  const error = await t.throwsAsync(check(iso), { code: 'iso-invalid' });
  t.is(exitCodeOf(error), 3);
  t.true(error instanceof OpsError);
});

test('a key is held against the medium of the live system too', async (t) => {
  const publicKey = 'RWTHfyVkTHvvMPNTtvUZPkBuyIjjWKo1ySnE8ib5K7nLHs8g64k5XOgR';
  await t.throwsAsync(checkInstall(liveHost(), request({ publicKey }), facts()), {
    code: 'signature-missing',
  });
});
