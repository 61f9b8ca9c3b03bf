/**
 * `make bench`: measures the figures and prints them as a table.
 *
 *   bench/index.ts [NAME…] [--write] [--artifacts FOLDER]
 *
 * Only figures whose names are given, all without one. `--write` puts them into docs/benchmarks.md; some of them only
 * where the others were measured on the same machine. What is measured goes to stdout, progress to stderr. Ends with 0
 * whatever was measured, and with 1 when a figure could not be.
 */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { workstationHost } from '../src/host/workstation/index.ts';
import { accelerator } from '../src/vm/accelerator.ts';
import { Bench } from './bench.ts';
import type { Figure, Picture } from './figure.ts';
import { armv7 } from './figures/armv7.ts';
import { boot } from './figures/boots/boot.ts';
import { chart } from './figures/boots/chart.ts';
import { networkKeys } from './figures/boots/network-keys.ts';
import { phases } from './figures/boots/phases.ts';
import { config } from './figures/config.ts';
import { executable } from './figures/executable.ts';
import { hostile } from './figures/hostile.ts';
import { classic } from './figures/images/classic.ts';
import { editingImages } from './figures/images/edit-image.ts';
import { image } from './figures/images/image.ts';
import { pullingOci } from './figures/images/oci.ts';
import { overlaying } from './figures/images/overlay.ts';
import { writingImages } from './figures/images/write-image.ts';
import { install } from './figures/install.ts';
import { isoSize } from './figures/iso-size.ts';
import { serving } from './figures/isos/serve.ts';
import { memory } from './figures/memory.ts';
import { packing } from './figures/packs.ts';
import { edgeMedia } from './figures/palette/edge-media.ts';
import { plans } from './figures/plans.ts';
import { remastering } from './figures/remaster.ts';
import { reporting } from './figures/reporting.ts';
import { secondMake } from './figures/second-make.ts';
import { startUp } from './figures/start-up.ts';
import { takeover } from './figures/takeover.ts';
import { upgrading } from './figures/upgrades/upgrade.ts';
import {
  betweenMarkers,
  markdown,
  type Result,
  replaceBetweenMarkers,
  tableText,
  updated,
} from './report.ts';

const figures: readonly Figure[] = [
  isoSize,
  memory,
  armv7,
  boot,
  chart,
  install,
  classic,
  startUp,
  executable,
  takeover,
  remastering,
  serving,
  writingImages,
  pullingOci,
  image,
  editingImages,
  overlaying,
  upgrading,
  hostile,
  config,
  plans,
  packing,
  edgeMedia,
  reporting,
  phases,
  networkKeys,
  secondMake,
];
const names = figures.map(({ name }) => name);

const root = join(import.meta.dirname, '..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    write: { type: 'boolean', default: false },
    artifacts: { type: 'string', default: join(root, 'dist/artifacts') },
  },
});
const host = workstationHost();
const unknown = positionals.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`no such figure: ${unknown.join(', ')}; there are: ${names.join(', ')}\n`);
  process.exitCode = 2;
} else {
  process.exitCode = await run(
    figures.filter(({ name }) => positionals.length === 0 || positionals.includes(name)),
  );
}

async function run(chosen: readonly Figure[]): Promise<number> {
  const folder = await host.files.makeTempDir('bos-bench-');
  const bench = new Bench(host, root, resolve(values.artifacts), folder, (line) =>
    process.stderr.write(`  ${line}\n`),
  );
  const results: Result[] = [];
  const pictures: Picture[] = [];
  let failed = false;
  try {
    for (const figure of chosen) {
      process.stderr.write(`${figure.title}\n`);
      try {
        const measured = await figure.measure(bench);
        results.push({ figure, ...measured });
        pictures.push(...(measured.pictures ?? []));
      } catch (error) {
        // The other figures are worth having all the same.
        failed = true;
        const message = error instanceof Error ? error.message : String(error);
        results.push({
          figure,
          rows: [{ figure: figure.title, asked: '', measured: 'failed' }],
          raw: [message],
        });
      }
    }
  } finally {
    await host.files.remove(folder);
  }
  for (const { figure, raw } of results)
    process.stderr.write(`\n${figure.title}\n${raw.map((line) => `  ${line}\n`).join('')}`);
  process.stdout.write(`\n${tableText(results.flatMap(({ rows }) => rows))}`);
  if (values.write) {
    for (const { path, text } of pictures) await host.files.write(join(root, path), text);
    const page = join(root, 'docs/benchmarks.md');
    const machine = [
      `${host.system.cpus} processors`,
      `virtual machines under ${(await accelerator(host)).toUpperCase()}`,
    ];
    const date = new Date(host.clock.now()).toISOString().slice(0, 10);
    const text = await host.files.readText(page);
    const content = markdown(results, { date, machine });
    const whole = chosen.length === figures.length ? content : updated(betweenMarkers(text), content);
    await host.files.write(page, replaceBetweenMarkers(text, whole));
  }
  return failed ? 1 : 0;
}
