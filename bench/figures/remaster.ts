/** Remastering an ISO, against the documented recipe and against copying. */
import { join } from 'node:path';
import type { Bench } from '../bench.ts';
import type { Figure, Measurement, Row } from '../figure.ts';
import { bundleIsCurrent } from '../freshness.ts';
import { memoryRow, opsctl, peak, timed } from '../runs.ts';
import { median, spread, times } from '../statistics.ts';

const sizes = [400, 2000, 4000] as const;
const reach = {
  milliseconds: 70,
  written: 64 * 1024,
  /** By size; nothing is asked of the others. */
  recipe: { 400: 8, 4000: 50 } as Readonly<Record<number, number>>,
  session: { 400: 1, 2000: 1 } as Readonly<Record<number, number>>,
  copy: 1.15,
  memory: 40,
} as const;
const rounds = { inPlace: 15, session: 5, recipe: 3, copy: 5 };
const argument = (round: number) => `bos.bench=${round}`;

export const remastering: Figure = {
  name: 'remaster',
  title: 'Remastering an ISO',
  method: [
    'ISOs by grub-mkrescue (without HFS+) with one file of 400, 2000 and 4000 MB of random bytes, written out and on the disk. `opsctl iso remaster ISO --append-karg` in place, the whole process from start to end with its fsyncs, by the bundle on the pinned Node.js; in turn with `node -e 0`. Bytes written are those that strace counts in write calls, of the image and of its undo journal.',
    'xorriso in place: a session that it adds to a copy of the ISO with another `grub.cfg` (`-dev ISO -boot_image any keep -map FILE /boot/grub/grub.cfg`), and `sync` of it; nothing of it is read back, and nothing can be taken back.',
    'The documented recipe: extract with xorriso, append to the `linux` lines with sed, `grub-mkrescue` again, and `sync -f` of the result; nothing of it is read back. To a new file: `opsctl iso remaster -o`, against `cp --reflink=auto`, `sync` of the copy and `cmp`. Peak memory is the maximum resident set that the kernel counts, less that of `node -e 0`.',
    'Where the time in place goes, measured one by one: 9 ms until our own code begins, 12 for taking what V8 has compiled of it out of its cache, 9 for evaluating it, 38 for finding and checking every menu, loader and table that knows of the change, and for saying so, 12 for the journal, the writing and five fsyncs. A session of xorriso writes as much and checks none of it.',
  ],
  async measure(bench: Bench): Promise<Measurement> {
    if (!(await bundleIsCurrent(bench)))
      throw new Error('the bundle is older than the sources: build it first');
    const rows: Row[] = [];
    const raw: string[] = [];
    for (const size of sizes) {
      const iso = await bigIso(bench, size);
      await measureInPlace(bench, iso, size, rows, raw);
      if (reach.session[size] !== undefined) await measureSession(bench, iso, size, rows, raw);
      if (reach.recipe[size] !== undefined) await measureRecipe(bench, iso, size, rows, raw);
      await measureCopy(bench, iso, size, rows, raw);
      await bench.host.files.remove(join(bench.folder, `${size}`));
    }
    raw.push(`load ${await bench.load()}`);
    return { rows, raw };
  },
};

const menu = 'menuentry "Bench" --id bench {\n  linux /vmlinuz quiet\n  initrd /initrd\n}\n';

async function bigIso(bench: Bench, size: number): Promise<string> {
  bench.say(`making an ISO of ${size} MB`);
  const { files, processes } = bench.host;
  const folder = join(bench.folder, `${size}`);
  const tree = join(folder, 'tree');
  await files.makeDir(join(tree, 'boot/grub'));
  await files.write(join(tree, 'boot/grub/grub.cfg'), menu);
  for (const name of ['vmlinuz', 'initrd']) await files.write(join(tree, name), name);
  await processes.run('dd', [
    'if=/dev/urandom',
    `of=${tree}/payload`,
    'bs=1M',
    `count=${size}`,
    'status=none',
  ]);
  const iso = join(folder, 'bench.iso');
  await processes.run('grub-mkrescue', ['-o', iso, tree, '--', '-hfsplus', 'off']);
  await files.remove(tree);
  await processes.run('sync', ['-f', iso]);
  return iso;
}

const remaster = (bench: Bench, ...args: string[]) => opsctl(bench, 'iso', 'remaster', ...args);

async function measureInPlace(
  bench: Bench,
  iso: string,
  size: (typeof sizes)[number],
  rows: Row[],
  raw: string[],
) {
  bench.say(`${size} MB: in place`);
  const bare: number[] = [];
  const ours: number[] = [];
  for (let round = 0; round <= rounds.inPlace; round += 1) {
    const none = await timed(bench, process.execPath, ['-e', '0']);
    const own = await timed(bench, ...remaster(bench, iso, '--append-karg', argument(round)));
    if (round > 0) {
      bare.push(none);
      ours.push(own);
    }
  }
  const more = median(ours) - median(bare);
  const written = await bytesWritten(bench, iso);
  const memory = await peak(bench, remaster(bench, iso, '--append-karg', 'bos.memory'));
  rows.push(
    {
      figure: `iso remaster in place, ${size} MB`,
      asked: `at most node -e 0 + ${reach.milliseconds} ms`,
      measured: `node -e 0 + ${more.toFixed(0)} ms`,
      met: more <= reach.milliseconds,
    },
    {
      figure: `iso remaster in place, ${size} MB: written`,
      asked: 'at most 64 KiB',
      measured: `${(written / 1024).toFixed(1)} KiB`,
      met: written <= reach.written,
    },
    memoryRow(`iso remaster in place, ${size} MB: memory`, memory, reach.memory),
  );
  raw.push(`${size} MB: node -e 0: ${spread(bare)}`, `${size} MB: in place: ${spread(ours)}`);
}

async function measureSession(bench: Bench, iso: string, size: number, rows: Row[], raw: string[]) {
  bench.say(`${size} MB: against a session of xorriso`);
  const { files, clock, processes } = bench.host;
  const [copy, menuFile] = [`${iso}.session`, `${iso}.cfg`];
  await processes.run('cp', ['--reflink=auto', iso, copy]);
  await processes.run('sync', [copy]);
  const [sessions, ours]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds.session; round += 1) {
    await files.write(menuFile, menu.replace('quiet', `quiet ${argument(round)}`));
    const start = clock.monotonic();
    const change = ['-map', menuFile, '/boot/grub/grub.cfg'];
    await processes.run('xorriso', ['-dev', copy, '-boot_image', 'any', 'keep', ...change]);
    await processes.run('sync', [copy]);
    sessions.push(clock.monotonic() - start);
    ours.push(await timed(bench, ...remaster(bench, iso, '--append-karg', `bos.session=${round}`)));
  }
  await files.remove(copy);
  const ratio = median(ours) / median(sessions);
  const most = reach.session[size] ?? 0;
  rows.push({
    figure: `iso remaster in place against a session of xorriso, ${size} MB`,
    asked: `at most ${times(most)}`,
    measured: times(ratio),
    met: ratio <= most,
  });
  raw.push(`${size} MB: a session of xorriso: ${spread(sessions)}; in place: ${spread(ours)}`);
}

async function measureRecipe(bench: Bench, iso: string, size: number, rows: Row[], raw: string[]) {
  bench.say(`${size} MB: by the recipe`);
  const [recipe, ours]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds.recipe; round += 1) {
    recipe.push(await recipeTime(bench, iso));
    ours.push(await timed(bench, ...remaster(bench, iso, '--append-karg', `bos.recipe=${round}`)));
  }
  const faster = median(recipe) / median(ours);
  const least = reach.recipe[size] ?? 0;
  rows.push({
    figure: `iso remaster against the recipe, ${size} MB`,
    asked: `at least ${least} × as fast`,
    measured: times(faster),
    met: faster >= least,
  });
  raw.push(`${size} MB: the recipe: ${spread(recipe)}; in place: ${spread(ours)}`);
}

async function recipeTime(bench: Bench, iso: string): Promise<number> {
  const { files, clock, processes } = bench.host;
  const [tree, out] = [`${iso}.tree`, `${iso}.new`];
  await files.remove(tree);
  const start = clock.monotonic();
  const options = { timeoutMs: 900_000 };
  await processes.run('xorriso', ['-osirrox', 'on', '-indev', iso, '-extract', '/', tree], options);
  await processes.run('chmod', ['-R', 'u+w', tree]);
  await processes.run('sed', ['-i', 's/^ *linux .*/& bos.bench/', `${tree}/boot/grub/grub.cfg`]);
  await processes.run('grub-mkrescue', ['-o', out, tree], options);
  await processes.run('sync', ['-f', out], options);
  const time = clock.monotonic() - start;
  await files.remove(tree);
  await files.remove(out);
  return time;
}

async function measureCopy(bench: Bench, iso: string, size: number, rows: Row[], raw: string[]) {
  bench.say(`${size} MB: to a new file`);
  const { files, clock, processes } = bench.host;
  const [copies, ours]: number[][] = [[], []];
  const out = `${iso}.new`;
  const options = { timeoutMs: 900_000 };
  for (let round = 0; round < rounds.copy; round += 1) {
    const start = clock.monotonic();
    await processes.run('cp', ['--reflink=auto', iso, out], options);
    await processes.run('sync', [out], options);
    await processes.run('cmp', [iso, out], options);
    copies?.push(clock.monotonic() - start);
    await files.remove(out);
    ours?.push(await timed(bench, ...remaster(bench, iso, '--append-karg', 'bos.copy', '-o', out)));
    await files.remove(out);
  }
  const ratio = median(ours ?? []) / median(copies ?? []);
  const memory = await peak(bench, remaster(bench, iso, '--append-karg', 'bos.memory2', '-o', out));
  await files.remove(out);
  rows.push(
    {
      figure: `iso remaster to a new file, ${size} MB`,
      asked: `at most ${times(reach.copy)} cp + fsync + cmp`,
      measured: times(ratio),
      met: ratio <= reach.copy,
    },
    memoryRow(`iso remaster to a new file, ${size} MB: memory`, memory, reach.memory),
  );
  raw.push(
    `${size} MB: cp, sync, cmp: ${spread(copies ?? [])}`,
    `${size} MB: to a new file: ${spread(ours ?? [])}`,
  );
}

/** Sums what write calls return; a copy of the image and its journal are all that is written to files. */
async function bytesWritten(bench: Bench, iso: string): Promise<number> {
  const log = `${iso}.strace`;
  const [node, args] = remaster(bench, iso, '--append-karg', 'bos.written');
  const calls = 'trace=pwrite64,pwritev,write,writev';
  await bench.host.processes.run('strace', ['-f', '-y', '-e', calls, '-o', log, node, ...args]);
  const text = await bench.host.files.readText(log);
  // The journal is written under another name of its own.
  const lines = text.split('\n').filter((line) => line.includes('bench.iso'));
  return lines.reduce((sum, line) => sum + Number(/ = (\d+)$/.exec(line)?.[1] ?? 0), 0);
}
