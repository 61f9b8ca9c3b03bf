/**
 * The SBAT data of a signed boot loader: which generation of each component it is, so that a machine can refuse the
 * ones with known holes (shim's SBAT.md). It is the section `.sbat` of the PE file, lines of comma-separated values.
 * Offsets: Microsoft, "PE Format", sections "COFF File Header" and "Section Table". Little-endian.
 */
import { withoutTrailing } from '../trailing.ts';

/** Generation by component: `shim` → 4, `grub.debian` → 5. */
export type SbatLevel = ReadonlyMap<string, number>;

/** Undefined for what is no PE file or has no such section: loaders from before 2021, and other files. */
export function sbatLevelOf(file: Uint8Array): SbatLevel | undefined {
  const section = findSection(file, '.sbat');
  if (section === undefined) return undefined;
  const level = sbatLevelOfText(section);
  return level.size === 0 ? undefined : level;
}

/** The lines alone, as in the section and in the variable of the firmware; what makes no sense is left out. */
export function sbatLevelOfText(bytes: Uint8Array): SbatLevel {
  const text = Buffer.from(bytes).toString('latin1').replace(/\0.*$/s, '');
  const level = new Map<string, number>();
  for (const line of text.split(/\r?\n/)) {
    const [component = '', generation = ''] = line.split(',');
    if (component !== '' && /^\d{1,9}$/.test(generation)) level.set(component, Number(generation));
  }
  return level;
}

/**
 * Components of `installed` with a higher generation than in `offered`, in words; empty when the offered loader may
 * take its place. A loader without SBAT data is older than any with.
 */
export function wouldGoBack(installed: SbatLevel | undefined, offered: SbatLevel | undefined): string[] {
  return [...(installed ?? [])].flatMap(([component, generation]) => {
    const other = offered?.get(component);
    if (offered !== undefined && other === undefined) return [];
    return generation > (other ?? 0) ? [`${component} ${generation} (ours: ${other ?? 'none'})`] : [];
  });
}

function findSection(file: Uint8Array, name: string): Uint8Array | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  // 0x3c of the MS-DOS stub: where the signature "PE\0\0" is; the COFF header of 20 bytes follows it.
  if (file.length < 0x40 || view.getUint16(0, true) !== 0x5a4d) return undefined;
  const signature = view.getUint32(0x3c, true);
  if (signature + 24 > file.length || view.getUint32(signature, true) !== 0x00004550) return undefined;
  const sections = view.getUint16(signature + 6, true);
  const table = signature + 24 + view.getUint16(signature + 20, true);
  for (let index = 0; index < sections; index += 1) {
    const header = table + index * 40;
    if (header + 40 > file.length) return undefined;
    const called = withoutTrailing(Buffer.from(file.subarray(header, header + 8)).toString('latin1'), '\0');
    if (called !== name) continue;
    const virtualSize = view.getUint32(header + 8, true);
    const size = view.getUint32(header + 16, true);
    const start = view.getUint32(header + 20, true);
    if (start + size > file.length) return undefined;
    return file.subarray(start, start + Math.min(size, virtualSize || size));
  }
  return undefined;
}
