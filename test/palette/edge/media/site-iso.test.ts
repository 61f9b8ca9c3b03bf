/** The ISO of a site, read by blkid, xorriso, isoinfo, and by what reads such volumes on a node. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { edgeCommand } from '../../../../src/cli/commands/edge/command.ts';
import { fromBytes } from '../../../../src/formats/bytes.ts';
import { openIso } from '../../../../src/formats/iso9660/image.ts';
import { linuxHost } from '../../../../src/host/linux/index.ts';
import type { Host } from '../../../../src/host/ports.ts';
import { siteIso } from '../../../../src/palette/edge/media/site-iso.ts';
import { runProgram } from '../../../cli/commands/install/fake-world.ts';
import { lineOf, notedFiles } from '../../../fakes/effects.ts';
import { temporaryFolder, tool } from '../../../formats/support.ts';
import { byXorriso, jolietPaths, pathsByIsoinfo } from '../../../iso/edit/edit-support.ts';
import { runs } from '../../../properties.ts';
import { hostWith, newRoot, search } from '../../../runtime/data-sources/support.ts';
import { header } from '../user-data-texts.ts';

const host = linuxHost();
const siteData = `${header}stylus:\n  site:\n    name: ghent-1\n`;

function world(t: ExecutionContext, on: Host = host) {
  const folder = temporaryFolder(t);
  const userData = join(folder, 'user-data');
  writeFileSync(userData, siteData);
  const iso = join(folder, 'site.iso');
  const opsctl = (...argv: string[]) =>
    runProgram(['edge', 'site', userData, '-o', iso, ...argv], { commands: [edgeCommand], host: on });
  return { folder, userData, iso, opsctl };
}

test('made, and read by others', async (t) => {
  const { iso, opsctl } = world(t);
  const { exitCode, out, err } = await opsctl('--hostname', 'ghent-1');
  t.deepEqual({ exitCode, err }, { exitCode: 0, err: '' });
  t.is(out, `Wrote ${iso} (362 kB), labelled cidata: user-data, meta-data.\n`);
  t.is(statSync(iso).mode & 0o777, 0o600);
  const blkid = tool('blkid', '-p', '-o', 'export', iso);
  t.regex(blkid, /^LABEL=cidata$/m);
  t.regex(blkid, /^TYPE=iso9660$/m);
  t.deepEqual(pathsByIsoinfo(iso), ['meta-data', 'user-data']);
  t.deepEqual(jolietPaths(iso), ['meta-data', 'user-data']);
  const folders = tool('isoinfo', '-R', '-l', '-i', iso).match(/^d\S+ .* \.+ *$/gm);
  t.deepEqual(
    folders?.map((line) => line.split(' ')[0]),
    ['dr-xr-xr-x', 'dr-xr-xr-x'],
  );
  t.is(byXorriso(t, iso, 'user-data').toString(), siteData);
  t.regex(
    byXorriso(t, iso, 'meta-data').toString(),
    /^instance-id: site-[0-9a-f]{12}\nlocal-hostname: ghent-1\n$/,
  );
});

test('a node takes it as user-data of a cloud', async (t) => {
  const { iso, userData, opsctl } = world(t);
  writeFileSync(userData, '#cloud-config\nhostname: x\n');
  await opsctl('--hostname', 'ghent-1');
  const outcome = await search(await newRoot(t), ['cdrom'], {
    host: hostWith([{ path: iso, type: 'rom', fstype: 'iso9660', label: 'cidata' }]),
  });
  t.is(outcome.files.userdata, '600 #cloud-config\nhostname: x\n');
  t.is(outcome.files.local_hostname, '644 ghent-1\n');
});

test('the same files give the same bytes; other user-data another instance', async (t) => {
  const [one, two] = [world(t), world(t)];
  await one.opsctl();
  await two.opsctl();
  t.true(readFileSync(one.iso).equals(readFileSync(two.iso)));
  writeFileSync(two.userData, `${siteData}    prefix: x\n`);
  await two.opsctl('--replace');
  t.not(byXorriso(t, one.iso, 'meta-data').toString(), byXorriso(t, two.iso, 'meta-data').toString());
});

test('meta-data of the person’s own, also empty', async (t) => {
  const { folder, iso, opsctl } = world(t);
  const metaData = join(folder, 'meta-data');
  writeFileSync(metaData, '');
  t.is((await opsctl('--meta-data', metaData)).exitCode, 0);
  t.is(byXorriso(t, iso, 'meta-data').length, 0);
  const both = await opsctl('--meta-data', metaData, '--hostname', 'x', '--replace');
  t.is(both.exitCode, 2);
  t.regex(both.err, /--hostname cannot be combined with --meta-data/);
  t.is((await opsctl('--hostname', 'a b', '--replace')).exitCode, 2);
});

test('faults, an ISO that exists, a dry run: nothing is written', async (t) => {
  const { userData, iso, opsctl } = world(t);
  t.is(
    (await opsctl('--dry-run')).out,
    `Dry run: would write ${iso} (362 kB), labelled cidata: user-data, meta-data.\n`,
  );
  t.false(existsSync(iso));
  writeFileSync(iso, 'mine');
  t.is((await opsctl()).exitCode, 3);
  t.is(readFileSync(iso, 'utf8'), 'mine');
  writeFileSync(userData, `${siteData}  site: {}\n`);
  const { exitCode, err } = await opsctl('--replace');
  t.is(exitCode, 2);
  t.regex(err, /user-data:5:3: gives site twice/);
  t.is(readFileSync(iso, 'utf8'), 'mine');
});

test('it is replaced as a whole, on the disk when it has its name', async (t) => {
  const effects: string[] = [];
  const noted: Host = {
    ...host,
    files: notedFiles(host.files, (effect) => void effects.push(lineOf(effect))),
  };
  const { iso, opsctl } = world(t, noted);
  await opsctl('--json');
  t.deepEqual(effects, [`replace ${iso} 0600`]);
});

test('a folder that is not there', async (t) => {
  const { folder, userData } = world(t);
  const output = join(folder, 'none/site.iso');
  const argv = ['edge', 'site', userData, '-o', output];
  const { exitCode, err } = await runProgram(argv, { commands: [edgeCommand], host });
  t.is(exitCode, 3);
  t.regex(err, /folder \S*none\s+does\s+not\s+exist/);
});

test('user-data of any length come back as they are', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 9000 }),
      fc.uint8Array({ maxLength: 2049 }),
      async (one, two) => {
        const image = await siteIso({ 'user-data': one, 'meta-data': two }, 1_000_000_000);
        const iso = await openIso(fromBytes(image));
        t.is(iso.volumeId, 'cidata');
        for (const tree of [iso, await iso.tree('joliet')]) {
          t.true(Buffer.from((await tree?.readFile('user-data')) ?? 'none').equals(one));
          t.true(Buffer.from((await tree?.readFile('meta-data')) ?? 'none').equals(two));
        }
      },
    ),
    { numRuns: runs(100) },
  );
});
