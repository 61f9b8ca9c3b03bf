/**
 * Power cuts during an upgrade, and while a node is taken back by hand, on a real block device of this machine: in every
 * state that a cut can leave, one of the two deployments starts, whole as GRUB reads it.
 */
import test, { type ExecutionContext } from 'ava';
import { probeMachine } from '../../src/disk/probe/probe.ts';
import { linuxHost } from '../../src/host/linux/index.ts';
import { planInstall } from '../../src/install/plan.ts';
import { planRefs } from '../../src/install/plan-input.ts';
import type { Manifest } from '../../src/media/manifest.ts';
import { execute } from '../../src/plan/execute.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { handlers, type Step } from '../../src/steps/index.ts';
import { checkUpgrade } from '../../src/upgrade/check.ts';
import { type Node, readNode } from '../../src/upgrade/node.ts';
import { planUpgrade, upgradeRefs } from '../../src/upgrade/plan.ts';
import { planRollback } from '../../src/upgrade/rollback.ts';
import { openSource } from '../../src/upgrade/source/source.ts';
import { temporaryFolder } from '../formats/support.ts';
import { medium } from '../install/medium/small-medium.ts';
import { planSources } from '../install/whole-disk/loop-plans.ts';
import { fileSource } from '../system/support/disk-images.ts';
import { request } from '../upgrade/node.ts';
import { imageOf } from './campaign.ts';
import { withoutFlushes } from './doctored.ts';
import { loggedLoop, whyNoLoggedLoop } from './logged-loop.ts';
import { judgeNode, type KnownNode } from './node-check.ts';
import { ReplayedDisk } from './replay.ts';
import { type Choice, chooseStates } from './states.ts';
import { readWriteLog, type WriteLog } from './write-log.ts';

const host = linuxHost();
const { files, processes } = host;
const config = 'hostname: loop\nbos:\n  password: secret\n';
const seed = 20_261_129;
const limitMs = 300_000;
const kept = { path: 'bos/data/var/kept', text: 'kept\n' };
const first = { kernel: '6.1.0-40-amd64', os: '0.1.0' };
const next = { kernel: '6.1.0-49-amd64', os: '0.2.0' };

/** Several writes long; each state is read as a whole. */
const rootfs = 6_000_123;

const missing = await whyNoLoggedLoop(host);
if (missing !== undefined) console.warn(`skipped, no disk whose writes are logged: ${missing}`);
const real = missing === undefined ? test.serial : test.serial.skip;

/** A disk with the first version on it, and the files of both versions. */
async function node(t: ExecutionContext): Promise<{ folder: string; disk: string; known: KnownNode }> {
  const folder = temporaryFolder(t);
  const manifests: Manifest[] = [await medium(folder, first, rootfs)];
  await files.makeDir(`${folder}/next`);
  manifests.push(await medium(`${folder}/next`, next, rootfs));
  await files.write(`${folder}/config.yaml`, config);
  const disk = `${folder}/disk`;
  await processes.run('truncate', ['--size', `${2480 * 2 ** 20}`, disk]);
  await onLoop(folder, disk, async (device) => {
    const facts = await probeMachine(host, { loops: true });
    const target = facts.disks.find(({ path }) => path === device);
    if (target === undefined) throw new Error(`${device} was not seen`);
    const sources = await planSources(folder, config);
    const plan = planInstall({ ...sources, request: { debug: false }, facts, disk: target });
    await execute(plan, handlers, {
      host,
      emit: () => {},
      names: { [planRefs.config]: `${folder}/config.yaml` },
    });
  });
  return { folder, disk, known: { files: manifests.flatMap((one) => one.files), data: [kept] } };
}

/** Runs `use` on the disk as a block device; the log of its writes is at `${disk}.log`. */
async function onLoop(folder: string, disk: string, use: (device: string) => Promise<void>): Promise<void> {
  const loop = await loggedLoop(host, folder, disk, `${disk}.log`);
  try {
    await use(loop.device);
  } finally {
    await loop.close();
  }
}

/** Mounts the disk as the system on it has it, and carries out what `plan` makes of the node. */
async function changed(
  folder: string,
  before: string,
  running: { readonly kernel: string; readonly os: string },
  plan: (node: Node) => Promise<Plan<Step> | undefined>,
): Promise<{ readonly after: string; readonly log: WriteLog }> {
  const after = `${before}.${running.os}`;
  await processes.run('cp', ['--sparse=always', before, after]);
  const root = `${after}.root`;
  const state = `${root}/run/bos/state`;
  await files.makeDir(state);
  await files.symlink('/dev', `${root}/dev`);
  await onLoop(folder, after, async (device) => {
    const record = { v: 1, mode: 'disk', medium: '', mediumRoot: '', ...running, dcp: '1.0' };
    await files.write(
      `${root}/run/bos/boot.json`,
      JSON.stringify({ ...record, state: `${device}p3`, esp: `${device}p2` }),
    );
    await processes.run('mount', [`${device}p3`, state]);
    try {
      if (!(await files.exists(`${state}/${kept.path}`)))
        await files.write(`${state}/${kept.path}`, kept.text);
      const steps = await plan(await readNode(host, root));
      if (steps === undefined) throw new Error('there is nothing to do');
      await execute(steps, handlers, {
        ...{ host, emit: () => {} },
        names: {
          ...{ [upgradeRefs.root]: root, [upgradeRefs.state]: state },
          [upgradeRefs.esp]: `${device}p2`,
        },
      });
    } finally {
      await processes.run('umount', [state]);
    }
  });
  return { after, log: await readWriteLog(fileSource(`${after}.log`)) };
}

async function upgradePlan(folder: string, node: Node): Promise<Plan<Step>> {
  const asked = request({ source: `${folder}/next/medium` });
  const source = await openSource(host, asked, {});
  const checked = await checkUpgrade(host, node, source.manifest, asked);
  return planUpgrade({ ...checked, node, source, mode: 'commit', tries: 3, at: '2026-01-01T00:00:00Z' });
}

/** Of the states, how many start which version, and what is wrong with them. */
async function campaign(
  folder: string,
  before: string,
  log: WriteLog,
  known: KnownNode,
  choice: Omit<Choice, 'seed'>,
) {
  const image = `${folder}/judged`;
  await processes.run('cp', ['--sparse=always', before, image]);
  const disk = await ReplayedDisk.open(files, image, log);
  const starts: Record<string, number> = {};
  const faults: string[] = [];
  try {
    for (const state of chooseStates(log.entries, { ...choice, seed })) {
      await disk.show(state);
      const judgement = await judgeNode(host, image, known);
      starts[judgement.starts] = (starts[judgement.starts] ?? 0) + 1;
      faults.push(...judgement.faults.map((fault) => `${state.name}: ${fault}`));
    }
  } finally {
    await disk.close();
    await files.remove(image);
  }
  return { starts, faults };
}

/** The log must be all that was written: with it the disk before becomes the disk after, byte for byte. */
async function requireWhole(folder: string, before: string, after: string, log: WriteLog): Promise<void> {
  const end = { name: 'at the end', flushed: log.entries.length, pieces: [] };
  const replayed = await imageOf(host, folder, { before, log }, end);
  await processes.run('qemu-img', ['compare', '-f', 'raw', '-F', 'raw', replayed, after]);
  await files.remove(replayed);
}

real('an upgrade, and back by hand: one of both versions starts at every moment', async (t) => {
  t.timeout(limitMs);
  const { folder, disk, known } = await node(t);
  // The data comes before, so that it is to be kept.
  const prepared = await changed(folder, disk, first, async (found) => ({
    ...{ v: 1, operation: 'upgrade', target: found.state, steps: [] },
  }));
  const upgraded = await changed(folder, prepared.after, first, (found) => upgradePlan(folder, found));
  await requireWhole(folder, prepared.after, upgraded.after, upgraded.log);
  const choice = { between: 4, subsets: 1, flushes: 7 } as const;
  const there = await campaign(folder, prepared.after, upgraded.log, known, choice);
  t.deepEqual(there.faults, []);
  t.true((there.starts['0.1.0'] ?? 0) > 5 && (there.starts['0.2.0'] ?? 0) > 0, JSON.stringify(there.starts));

  const back = await changed(folder, upgraded.after, next, async (found) => planRollback(found, {}).plan);
  const returned = await campaign(folder, upgraded.after, back.log, known, {
    between: 2,
    subsets: 1,
    flushes: 4,
  });
  t.deepEqual(returned.faults, []);
  t.true((returned.starts['0.2.0'] ?? 0) > 0 && (returned.starts['0.1.0'] ?? 0) > 0);

  const unflushed = withoutFlushes(upgraded.log, 0, upgraded.log.entries.length);
  const caught = await campaign(folder, prepared.after, unflushed, known, {
    ...{ between: 0, subsets: 4, flushes: 1 },
  });
  t.true(caught.faults.length > 0, 'an upgrade that flushes nothing is caught');
});
