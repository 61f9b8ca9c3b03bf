/**
 * Records at a serial console what a person would do, in virtual machines, and writes what it showed as NAME.cast and
 * NAME.svg in docs/recordings: an installation, and an upgrade that fails. And takes pictures of the VGA screen while
 * somebody installs, as NAME.png in docs/pictures.
 *
 *   record.ts [install] [upgrade] [pictures] [--artifacts FOLDER] [--output FOLDER] [--pictures FOLDER]
 *
 * Waiting is cut short and the long parts run faster than they did; nothing else is changed.
 */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { workstationHost } from '../src/host/workstation/index.ts';
import { install } from './record/install.ts';
import { takePictures } from './record/pictures.ts';
import { Recorder } from './record/recorder.ts';
import { upgrade } from './record/upgrade.ts';

const root = join(import.meta.dirname, '..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    artifacts: { type: 'string', default: join(root, 'dist/artifacts') },
    output: { type: 'string', default: join(root, 'docs/recordings') },
    pictures: { type: 'string', default: join(root, 'docs/pictures') },
  },
});
const host = workstationHost();
const artifacts = resolve(values.artifacts);

async function inFolder(name: string, work: (folder: string) => Promise<string>): Promise<void> {
  if (positionals.length > 0 && !positionals.includes(name)) return;
  const folder = await host.files.makeTempDir('bos-record-');
  try {
    process.stdout.write(await work(folder));
  } finally {
    await host.files.remove(folder);
  }
}

for (const recording of [install, upgrade])
  await inFolder(recording.name, async (folder) => {
    const recorder = new Recorder(host, artifacts, folder);
    await recording.perform(recorder);
    return recorder.write(values.output, recording);
  });
await inFolder('pictures', (folder) => takePictures(host, artifacts, folder, resolve(values.pictures)));
