/** A YAML text of machines as values that know where they stand, and what is wrong with it. */
import { LineCounter } from 'yaml';
import type { Diagnostic } from '../../config/diagnostics.ts';
import { documentsWithinBudget, manifestBudget, OverBudget } from '../../config/yaml/budgeted-document.ts';
import { misreading } from '../../config/yaml/misreadings.ts';
import { decodeUtf8, placeIn } from '../../config/yaml/source-text.ts';
import { syntaxFaults } from '../../config/yaml/syntax-faults.ts';
import { type Located, locate } from '../../kubernetes/schema/located.ts';
import { mostBytes } from './read-file.ts';

/** A thousand machines in one file, which is read while others are answered; a folder may have more. */
const budget = { ...manifestBudget, tokens: 200_000, expected: 'machines' };

export interface MachineText {
  /** What faults call it. */
  readonly file: string;
  readonly text: string;
  /** Undefined for what is not YAML. */
  readonly root: Located | undefined;
  readonly faults: readonly Diagnostic[];
}

export function readMachineText(bytes: Uint8Array, file: string): MachineText {
  const unusable = (message: string): MachineText => ({
    ...{ file, text: '', root: undefined },
    faults: [{ severity: 'error', place: { file }, message }],
  });
  if (bytes.length > mostBytes)
    return unusable(`is ${bytes.length} bytes long; expected at most ${mostBytes}`);
  const text = decodeUtf8(bytes);
  if (text === undefined) return unusable('expected UTF-8 text');
  const faults: Diagnostic[] = [];
  const fault = (offset: number, message: string) => {
    faults.push(faultAt(text, offset, file, message));
  };
  const nul = text.indexOf('\0');
  if (nul >= 0) {
    fault(nul, 'holds a NUL byte; expected text');
    return { file, text, root: undefined, faults };
  }
  try {
    const [document, another] = documentsWithinBudget(text, new LineCounter(), budget);
    const misread = misreading(text, 'indented');
    const wrong = misread === undefined ? syntaxFaults(text, document?.errors ?? []) : [misread];
    for (const { offset, message } of wrong) fault(offset, message);
    if (document === undefined || wrong.length > 0) return { file, text, root: undefined, faults };
    if (another !== undefined) fault(another.range?.[0] ?? 0, 'begins another document; expected one');
    return { file, text, root: locate(document, fault), faults };
  } catch (error) {
    if (!(error instanceof OverBudget)) throw error;
    fault(error.offset, error.message);
    return { file, text, root: undefined, faults };
  }
}

export const faultAt = (text: string, offset: number, file: string, message: string): Diagnostic => ({
  severity: 'error',
  place: placeIn(text, offset, file),
  message,
});

/** The same without places. */
export function plainValue(value: Located): unknown {
  if (value.kind === 'word') return value.value;
  if (value.kind === 'list') return value.items.map(plainValue);
  return Object.fromEntries([...value.entries].map(([name, { value: inner }]) => [name, plainValue(inner)]));
}
