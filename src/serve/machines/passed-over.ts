/** What stands in a folder of machines as if it were one, and is none: said, as nobody would find out otherwise. Pure. */
import type { Diagnostic } from '../../config/diagnostics.ts';
import { isMachineName, nameRule } from './schema.ts';
import type { Machine } from './store.ts';

/** `names` are those in the folder; `found` is what was read of it, `own` the machines that there are. */
export function passedOver(
  /** What faults call it. */
  folder: string,
  names: readonly string[],
  found: readonly Machine[],
  own: readonly Machine[],
): readonly Diagnostic[] {
  const there = new Set(names);
  const named = new Set(found.flatMap(({ beside }) => beside));
  const warnings = names
    // Hidden files are those of editors.
    .filter((file) => /^[^.].*\.ya?ml$/i.test(file) && !named.has(file))
    .flatMap((file) => {
      const message = whyPassedOver(file, there, named);
      return message === undefined ? [] : [warning(file, message)];
    });
  if (own.length > 0) return warnings;
  return [warning(folder, 'has no machines; expected a file NAME.yaml for each'), ...warnings];
}

const warning = (file: string, message: string): Diagnostic => ({
  severity: 'warning',
  place: { file },
  message,
});

function whyPassedOver(
  file: string,
  there: ReadonlySet<string>,
  named: ReadonlySet<string>,
): string | undefined {
  const name = file.replace(/\.ya?ml$/i, '');
  if (!/\.ya?ml$/.test(file)) return 'is not read: expected a name that ends in .yaml or .yml, in lower case';
  if (!isMachineName(name))
    return `is not read, as its name is not that of a machine: ${nameRule}, with a letter or digit at both ends`;
  const first = `${name}.yaml`;
  const isSecond = file.endsWith('.yml') && there.has(first) && !named.has(first);
  return isSecond ? `is not read, as ${first} is the file of this machine` : undefined;
}
