/** Makes images of a small ISO, and says whether what came out is sound. */
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { workstationHost } from '../../../src/host/workstation/index.ts';
import { createImage, type ImageRequest } from '../../../src/image/create/create.ts';
import { temporaryFolder, tool } from '../../formats/support.ts';
import { forE2fsprogs } from '../../power-cuts/views/machine-view.ts';
import { smallIso } from './small-iso.ts';

export const host = workstationHost();

/** A folder with a configuration, and a function that makes an image in it. */
export function setUp(t: ExecutionContext) {
  // Whole images, with an fsync for each step, beside other work.
  t.timeout(600_000);
  const folder = temporaryFolder(t);
  const config = join(folder, 'node.yaml');
  writeFileSync(config, 'hostname: imaged\nbos:\n  password: hush\n');
  const from = smallIso(t);
  const make = async (name: string, more: Partial<ImageRequest> = {}) => {
    const output = join(folder, name);
    const request = { from, output, config, append: [], allowNoLogin: false, force: false, ...more };
    const signal = new AbortController().signal;
    await createImage(host, request, { emit: () => {}, signal });
    return output;
  };
  return { folder, make };
}

/** Its checksum is right by sha256sum's own word, and only its owner reads it and what is beside it. */
export function soundOutput(t: ExecutionContext, path: string) {
  const folder = dirname(path);
  t.is(tool('env', '-C', folder, 'sha256sum', '-c', `${basename(path)}.sha256`), `${basename(path)}: OK\n`);
  for (const name of readdirSync(folder).filter((one) => one.startsWith(basename(path))))
    t.is(statSync(join(folder, name)).mode & 0o777, 0o600, name);
}

/** Throws when the two do not hold the same disk. */
export const expectSame = (raw: string, image: string, format: string) =>
  tool('qemu-img', 'compare', '-f', 'raw', '-F', format, raw, image);

export const partitionsOf = (path: string): { start: number; size: number; name: string; type: string }[] =>
  JSON.parse(tool('sfdisk', '--json', path)).partitiontable.partitions;

/** BOS_STATE where it lies: a copy reads gigabytes of holes, which takes seconds. */
export const stateOf = (path: string) =>
  forE2fsprogs(path, { start: (partitionsOf(path)[2]?.start ?? 0) * 512 });
