/**
 * Records at a serial console what a person would do, in virtual machines, and writes what it showed as NAME.cast and
 * NAME.svg in docs/recordings: an installation, and an upgrade that fails.
 *
 *   record.ts [install] [upgrade] [--artifacts FOLDER] [--output FOLDER]
 *
 * Waiting is cut short and the long parts run faster than they did; nothing else is changed.
 */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { workstationHost } from '../src/host/workstation/index.ts';
import { install } from './record/install.ts';
import { Recorder } from './record/recorder.ts';
import { upgrade } from './record/upgrade.ts';

const root = join(import.meta.dirname, '..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    artifacts: { type: 'string', default: join(root, 'dist/artifacts') },
    output: { type: 'string', default: join(root, 'docs/recordings') },
  },
});
const host = workstationHost();
for (const recording of [install, upgrade]) {
  if (positionals.length > 0 && !positionals.includes(recording.name)) continue;
  const folder = await host.files.makeTempDir('bos-record-');
  try {
    const recorder = new Recorder(host, resolve(values.artifacts), folder);
    await recording.perform(recorder);
    process.stdout.write(await recorder.write(values.output, recording));
  } finally {
    await host.files.remove(folder);
  }
}
