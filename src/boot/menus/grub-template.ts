/** GRUB configurations from the files of grub/: what stands between two @ is replaced, `##` begins a line for readers. */
import { type GrubFile, grubFile } from './grub-files.ts';

/**
 * A placeholder that has a line to itself stands for whole lines, or none; within a line it stands for a piece of it.
 * What is put in is not looked at again. Throws for a placeholder without a value and for a value without one.
 */
export function renderGrub(name: GrubFile, values: Readonly<Record<string, string>> = {}): string {
  const template = grubFile(name).replaceAll(/^##.*\n/gm, '');
  const unused = new Set(Object.keys(values));
  const text = template.replaceAll(/^@([A-Z_]+)@\n|@([A-Z_]+)@/gm, (_, lines?: string, piece?: string) => {
    const key = lines ?? piece ?? '';
    const value = values[key];
    if (value === undefined) throw new Error(`grub/${name}.cfg: nothing was given for @${key}@`);
    unused.delete(key);
    return value;
  });
  if (unused.size > 0) throw new Error(`grub/${name}.cfg has no ${[...unused].join(', ')}`);
  return text;
}

/** Lines that let GRUB be read and typed to at a serial port too. */
export const terminals = (): string => renderGrub('terminals');
