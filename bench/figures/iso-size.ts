/** The size of the ISO, without Bhojpur DCP. */
import { formatBytes } from '../../src/formats/size.ts';
import { parseManifest } from '../../src/media/manifest.ts';
import type { Bench } from '../bench.ts';
import type { Figure, Measurement } from '../figure.ts';

/** Bytes. */
const limit = 150_000_000;

export const isoSize: Figure = {
  name: 'iso-size',
  title: 'Size of the ISO',
  method: [
    'The size of `dist/artifacts/bos-amd64.iso` as the build leaves it, in powers of 1000. It holds everything that booting and installing needs: kernel, modules, user space with Node.js, boot loaders for BIOS and UEFI.',
  ],
  async measure({ host, artifacts, iso }: Bench): Promise<Measurement> {
    const size = (await host.files.stat(iso))?.size;
    if (size === undefined) throw new Error(`${iso} does not exist: build it first`);
    const path = `${artifacts}/manifest-amd64.json`;
    const manifest = parseManifest(await host.files.readText(path), path);
    const row = { figure: 'ISO without DCP', asked: `at most ${formatBytes(limit)}` };
    const raw = [
      `bos-amd64.iso ${size} bytes`,
      ...manifest.files.map((file) => `  ${file.path} ${file.size} bytes`),
    ];
    if (manifest.dcp !== null) return { rows: [{ ...row, measured: 'the ISO carries DCP' }], raw };
    return { rows: [{ ...row, measured: formatBytes(size), met: size <= limit }], raw };
  },
};
