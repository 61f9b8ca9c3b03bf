/**
 * Packs a virtual machine into one file: a tar archive (ustar) of the description, the disk and the manifest of their
 * digests, in the order that lets a reader take them as they come. After DMTF, DSP0243 "Open Virtualization Format
 * Specification" 1.1, sections 5.1 "OVF Package Structure" and 5.3 "Distribution as a Single File". The digests are SHA-256,
 * as 2.0 has them: vSphere (from 6.5 on) and VirtualBox read these, and vSphere no longer trusts SHA-1.
 */
import { createHash } from 'node:crypto';
import { tarEnd, tarHeader, tarPadding } from '../archives/tar.ts';
import type { ByteSource } from '../bytes.ts';
import { type OvfInput, renderOvf } from './ovf.ts';
import { type Part, piecesOf } from './virtual-disk.ts';

export interface OvaInput extends Omit<OvfInput, 'disk'> {
  /** The finished VMDK, its digest, and how much of the virtual disk is in use, in bytes. */
  readonly vmdk: ByteSource;
  readonly sha256: string;
  readonly used: number;
  /** Seconds since 1970. */
  readonly time: number;
}

/** The parts of the archive. */
export async function* ovaParts(input: OvaInput): AsyncGenerator<Part> {
  const { name, vmdk, time } = input;
  const disk = { name: `${name}-disk1.vmdk`, length: vmdk.size, used: input.used };
  const description = Buffer.from(renderOvf({ ...input, disk }));
  const digest = createHash('sha256').update(description).digest('hex');
  const manifest = Buffer.from(`SHA256(${name}.ovf)= ${digest}\nSHA256(${disk.name})= ${input.sha256}\n`);
  const head = (path: string, size: number) =>
    tarHeader({ path, type: 'File', mode: 0o644, mtime: time, size });
  yield head(`${name}.ovf`, description.length);
  yield description;
  yield tarPadding(description.length);
  yield head(disk.name, vmdk.size);
  const all = [{ offset: 0, length: vmdk.size }];
  for await (const { bytes } of piecesOf({ size: vmdk.size, source: vmdk }, all)) yield bytes;
  yield tarPadding(vmdk.size);
  yield head(`${name}.mf`, manifest.length);
  yield manifest;
  yield tarPadding(manifest.length);
  yield tarEnd;
}
