/**
 * Power cuts during an installation on a real block device of this machine, on an empty disk and over a system; and
 * proof that installers with faults would be caught. The system tests do the same in a virtual machine.
 */
import test, { type ExecutionContext } from 'ava';
import { probeMachine } from '../../src/disk/probe/probe.ts';
import { linuxHost } from '../../src/host/linux/index.ts';
import { planInstall } from '../../src/install/plan.ts';
import { planRefs } from '../../src/install/plan-input.ts';
import { execute } from '../../src/plan/execute.ts';
import { handlers } from '../../src/steps/index.ts';
import { temporaryFolder } from '../formats/support.ts';
import { medium } from '../install/medium/small-medium.ts';
import { planSources } from '../install/whole-disk/loop-plans.ts';
import { fileSource } from '../system/support/disk-images.ts';
import { judgeStates, type Recording, recordingOf } from './campaign.ts';
import type { SameCommand } from './check.ts';
import { lastWriteAt, withoutFlushes } from './doctored.ts';
import { loggedLoop, whyNoLoggedLoop } from './logged-loop.ts';
import { type Choice, chooseStates, epochsOf } from './states.ts';
import { readWriteLog, type WriteLog } from './write-log.ts';

const host = linuxHost();
const { files, processes } = host;
const config = 'hostname: loop\nbos:\n  password: secret\n';
const seed = 20_261_121;
/** Many small programs: on a busy machine far longer than the quarter of a minute that it takes. */
const limitMs = 300_000;

const missing = await whyNoLoggedLoop(host);
if (missing !== undefined) console.warn(`skipped, no disk whose writes are logged: ${missing}`);
// One after the other: each is work for all processors.
const real = missing === undefined ? test.serial : test.serial.skip;

/** Installs on a copy of the image `before`; returns what was written. */
async function record(folder: string, before: string, command: SameCommand): Promise<Recording> {
  const after = `${before}.after`;
  const log = `${before}.log`;
  await processes.run('cp', [before, after]);
  const loop = await loggedLoop(host, folder, after, log);
  try {
    const facts = await probeMachine(host, { loops: true });
    const disk = facts.disks.find(({ path }) => path === loop.device);
    if (disk === undefined) throw new Error(`${loop.device} was not seen`);
    const sources = await planSources(folder, config);
    const plan = planInstall({ ...sources, request: { debug: false }, facts, disk });
    const given = { [planRefs.config]: `${folder}/config.yaml` };
    await execute(plan, handlers, { host, emit: () => {}, names: given });
  } finally {
    await loop.close();
  }
  return recordingOf(host, folder, { before, after, log: await readWriteLog(fileSource(log)) }, command);
}

async function emptyDisk(t: ExecutionContext) {
  const folder = temporaryFolder(t);
  await medium(folder);
  await files.write(`${folder}/config.yaml`, config);
  await processes.run('truncate', ['--size', `${2480 * 2 ** 20}`, `${folder}/disk`]);
  return { folder, disk: `${folder}/disk` };
}

const campaign = async (folder: string, recorded: Recording, choice: Omit<Choice, 'seed'>) =>
  judgeStates(host, folder, recorded, chooseStates(recorded.log.entries, { ...choice, seed }));

const faultsOf = (result: Awaited<ReturnType<typeof campaign>>) =>
  result.faults.map(({ state, judgement }) => `${state.name}: ${judgement.faults.join('; ')}`);

real('an empty disk, and then a system, is at every moment not installed or whole', async (t) => {
  t.timeout(limitMs);
  const { folder, disk } = await emptyDisk(t);
  const first = await record(folder, disk, {});
  t.is(first.known.length, 1);
  const fresh = await campaign(folder, first, { between: 3, subsets: 1, flushes: 10 });
  t.deepEqual(faultsOf(fresh), []);
  t.true(fresh.notInstalled > 15 && fresh.whole > 0);

  const second = await record(folder, `${disk}.after`, { device: '/dev/vda' });
  t.is(second.known.length, 2);
  const over = await campaign(folder, second, { between: 3, subsets: 1, flushes: 10 });
  t.deepEqual(faultsOf(over), []);
  t.true(over.whole > 1, 'the old system, too, is whole until it is erased');
});

real('installers with faults are caught', async (t) => {
  t.timeout(limitMs);
  const { folder, disk } = await emptyDisk(t);
  const recorded = await record(folder, disk, {});
  const { log } = recorded;
  const caught = async (doctored: WriteLog, choice: Omit<Choice, 'seed'>) =>
    (await campaign(folder, { ...recorded, log: doctored }, choice)).faults.length > 0;
  const mark = epochsOf(log.entries).at(-1)?.from ?? 0;
  const espMade = await firstSectorOfEsp(log);
  t.true(espMade > 0 && espMade < mark);

  t.false(await caught(log, { between: 0, subsets: 4, flushes: 1 }), 'the real one is not');
  t.true(
    await caught(withoutFlushes(log, espMade + 1, mark), { between: 0, subsets: 8, flushes: 1 }),
    'nothing is flushed between the first file system and the mark',
  );
  t.true(
    await caught(lastWriteAt(log, espMade + 2), { between: 1, subsets: 0, flushes: 4 }),
    'the mark is set before the files are there',
  );
  t.true(
    await caught(withoutFlushes(upTo(log, espMade), 0, espMade), { between: 0, subsets: 8, flushes: 1 }),
    'nothing is flushed until the first file system is there',
  );
});

const upTo = (log: WriteLog, last: number): WriteLog => ({ ...log, entries: log.entries.slice(0, last + 1) });

/** The write by which the EFI system partition, 2 MiB from the start, becomes a file system. */
async function firstSectorOfEsp(log: WriteLog): Promise<number> {
  for (const [index, entry] of log.entries.entries()) {
    if (entry.offset !== 2 * 2 ** 20 || entry.length < 512) continue;
    // FAT specification 1.03, page 12: BS_FilSysType
    if (Buffer.from(await log.read(entry, 82, 5)).toString('latin1') === 'FAT32') return index;
  }
  return -1;
}
