/**
 * Power cuts while Bhojpur OS is installed over an older one on a partition that keeps what it has, with the same
 * versions of other content: the worst case. At every moment GRUB reads the valid mark only with every file whole,
 * what the first sector starts is whole, and the files of others are there.
 */
import test, { type ExecutionContext } from 'ava';
import { placeCoreImage } from '../../src/boot/boot-sector.ts';
import { stateEnvironmentPath } from '../../src/boot/environment.ts';
import { stateStubPath } from '../../src/boot/menus/partition-menu.ts';
import { linuxHost } from '../../src/host/linux/index.ts';
import { planRefs } from '../../src/install/plan-input.ts';
import { type Manifest, parseManifest } from '../../src/media/manifest.ts';
import { execute } from '../../src/plan/execute.ts';
import { handlers } from '../../src/steps/index.ts';
import { temporaryFolder } from '../formats/support.ts';
import { medium } from '../install/medium/small-medium.ts';
import { planForPartition } from '../install/whole-disk/loop-plans.ts';
import { coreImage } from '../steps/machine.ts';
import { fileSource } from '../system/support/disk-images.ts';
import { loggedLoop, whyNoLoggedLoop } from './logged-loop.ts';
import { ReplayedDisk } from './replay.ts';
import { chooseStates } from './states.ts';
import { grubDigest, grubText } from './views/grub-view.ts';
import { probeImage } from './views/machine-view.ts';
import { readWriteLog } from './write-log.ts';

const host = linuxHost();
const { files, processes } = host;
const config = 'hostname: loop\n';
const seed = 20_261_121;
const limitMs = 300_000;
/** Where the state lies in the table. */
const part = 2;

const missing = await whyNoLoggedLoop(host);
if (missing !== undefined) console.warn(`skipped, no disk whose writes are logged: ${missing}`);
const real = missing === undefined ? test.serial : test.serial.skip;

async function somebodysDisk(t: ExecutionContext): Promise<{ folder: string; disk: string }> {
  const folder = temporaryFolder(t);
  const disk = `${folder}/disk`;
  const state = `${folder}/state`;
  await processes.run('truncate', ['--size', '500M', disk]);
  await processes.run('sfdisk', ['-q', disk], {
    input: 'label: gpt\n,1MiB,21686148-6449-6E6F-744E-656564454649\n,490MiB,L\n',
  });
  await files.makeDir(`${folder}/tree`);
  await files.write(`${folder}/tree/photo`, 'photo\n');
  await processes.run('truncate', ['--size', '490M', state]);
  const features = ['-O', '^metadata_csum_seed,^orphan_file', '-d', `${folder}/tree`];
  await processes.run('mkfs.ext4', ['-q', ...features, state]);
  await processes.run('dd', [`if=${state}`, `of=${disk}`, 'bs=1M', 'seek=2', 'conv=notrunc,sparse']);
  return { folder, disk };
}

/** Installs on the image, and logs what is written. */
async function install(folder: string, image: string, log: string): Promise<Manifest> {
  await medium(folder);
  await files.write(`${folder}/config.yaml`, config);
  const loop = await loggedLoop(host, folder, image, log);
  try {
    const { plan, manifest } = await planForPartition(folder, `${loop.device}p${part}`, config);
    const given = { [planRefs.config]: `${folder}/config.yaml` };
    await execute(plan, handlers, { host, emit: () => {}, names: given });
    return manifest;
  } finally {
    await loop.close();
  }
}

/** What is wrong with the disk in this state; `valid` when it starts a system. */
async function look(image: string, known: readonly Manifest[], copy: string) {
  const faults: string[] = [];
  const environment = (await grubText(host, image, part, stateEnvironmentPath)) ?? '';
  const valid = /^bos_mark=valid$/m.test(environment);
  const { content, contentSummary } = await probeImage(host, image);
  if (content !== (valid ? 'bhojpur' : 'damaged'))
    faults.push(`opsctl calls it ${content}: ${contentSummary}`);
  if ((await grubText(host, image, part, 'photo')) !== 'photo\n') faults.push('a file of others is gone');
  if (valid) {
    const text = (await grubText(host, image, part, 'bos/system/manifest.json')) ?? '';
    const manifest = parseManifest(text, 'the manifest as GRUB reads it');
    if (!known.some((one) => JSON.stringify(one.files) === JSON.stringify(manifest.files)))
      faults.push('the manifest is another one');
    for (const { path, sha256 } of manifest.files)
      if ((await grubDigest(host, image, part, path, copy)) !== sha256) faults.push(`${path} is not whole`);
    if ((await grubText(host, image, part, stateStubPath)) === undefined) faults.push('there is no stub');
  }
  const file = await files.open(image, 'r');
  try {
    const sector = await file.read(0, 512);
    const lba = Number(Buffer.from(sector).readBigUInt64LE(0x5c));
    const core = placeCoreImage(coreImage, lba, 2 ** 20);
    if (Buffer.compare(await file.read(lba * 512, core.length), core) !== 0)
      faults.push('the first sector starts half a boot loader');
  } finally {
    await file.close();
  }
  return { valid, faults };
}

real(
  'over an older system on a partition that was there: valid and whole, or not started at all',
  async (t) => {
    t.timeout(limitMs);
    const { folder, disk } = await somebodysDisk(t);
    const first = await install(folder, disk, `${folder}/first.log`);
    const before = `${folder}/before`;
    await processes.run('cp', ['--sparse=always', disk, before]);
    const second = await install(folder, disk, `${folder}/second.log`);
    t.notDeepEqual(second.files, first.files);

    const log = await readWriteLog(fileSource(`${folder}/second.log`));
    const replayed = await ReplayedDisk.open(files, before, log);
    const seen = { valid: 0, not: 0 };
    try {
      for (const state of chooseStates(log.entries, { between: 4, subsets: 1, flushes: 14, seed })) {
        await replayed.show(state);
        const { valid, faults } = await look(before, [first, second], `${folder}/copy`);
        t.deepEqual(faults, [], state.name);
        seen[valid ? 'valid' : 'not'] += 1;
      }
    } finally {
      await replayed.close();
    }
    t.true(seen.valid > 1 && seen.not > 5, JSON.stringify(seen));
  },
);
