/** The root file system as it is packed: in a hurry or not, the same files with the same modes and owners. */
import test, { type ExecutionContext } from 'ava';
import type { Stage } from '../../../src/build/stage.ts';
import { stageRunner } from '../../../src/build/stage.ts';
import { rootfsStage } from '../../../src/build/stages/rootfs.ts';
import { sameBytes } from '../../formats/support.ts';
import { folder, realHost, stageContext } from '../support.ts';

const { files, processes } = realHost;
const date = 1_750_000_000;
const tools = { mksquashfs: '1', sqfstar: '1' };

/** A base of Debian as mmdebstrap leaves it, with modes, owners, links and a name that is not ASCII. */
async function base(t: ExecutionContext): Promise<Stage> {
  const tree = await folder(t);
  const tar = await folder(t);
  const script = `umask 022
mkdir -p etc/ssl/private usr/bin usr/lib/é
printf shadow > etc/shadow && chmod 0640 etc/shadow && chown 0:42 etc/shadow
chmod 0700 etc/ssl/private
head -c 300000 /dev/zero > usr/bin/sudo && chmod 4755 usr/bin/sudo
seq 100000 > usr/lib/é/numbers
printf old > etc/motd
ln -s usr/bin bin
ln usr/bin/sudo usr/bin/sudoedit
tar --sort=name --numeric-owner -cf ${tar}/base.tar .`;
  await processes.run('sh', ['-ec', `cd ${tree}\n${script}`]);
  return made('base', async (to) => files.copy(`${tar}/base.tar`, `${to}/base.tar`));
}

const made = (name: string, make: (folder: string) => Promise<void>): Stage => ({
  ...{ name, title: name, inputs: {}, tools: [], needs: {} },
  make: ({ folder }) => make(folder),
});

test('packed in a hurry: the same files, modes, owners and links, and the same bytes each time', async (t) => {
  const of = await base(t);
  const empty = (name: string) => made(name, async () => {});
  const needs = { base: of, node: empty('node'), boot: empty('boot'), inventory: empty('inventory') };
  const overlay = [
    { path: 'etc/motd', text: 'new', mode: 0o600 },
    { path: 'usr/lib/bhojpur/opsctl', link: '../../bin/sudo' },
  ];
  const pack = async (quick: boolean, compression: 'zstd' | 'gzip') => {
    const packing = { date, compression, quick };
    const stage = rootfsStage(realHost, needs, overlay, 'digest', packing);
    const image = `${await stageRunner(stageContext(await folder(t), { tools })).ensure(stage)}/rootfs.squashfs`;
    const { stdout } = await processes.run('unsquashfs', ['-lln', image]);
    const at = await folder(t);
    await processes.run('unsquashfs', ['-q', '-n', '-no-xattrs', '-d', `${at}/root`, image]);
    const motd = await files.readText(`${at}/root/etc/motd`);
    return { listing: stdout, motd, bytes: await files.read(image) };
  };
  for (const compression of ['zstd', 'gzip'] as const) {
    const slow = await pack(false, compression);
    const quick = await pack(true, compression);
    t.regex(slow.listing, /^-rw-r----- 0\/42 +6 .*\/etc\/shadow$/m);
    t.regex(slow.listing, /^-rwsr-xr-x 0\/0 .*\/usr\/bin\/sudo$/m);
    t.is(quick.listing, slow.listing);
    t.is(quick.motd, 'new');
    t.true(quick.bytes.length >= slow.bytes.length);
    sameBytes(t, (await pack(true, compression)).bytes, quick.bytes);
  }
});
