/**
 * Label selectors: as kubectl reads them from a command line (`a=b,c in (d, e),!f`), as a Plan has them, and what a list
 * of requirements can ever match (Kubernetes documentation, "Labels and Selectors"). Pure.
 */
import { labelKeyFault, labelValueFault } from './names.ts';

export const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist'] as const;
export type Operator = (typeof operators)[number];

export interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  readonly values?: readonly string[];
}

const notEqual = /^([^\s!=,()]+)\s*!=\s*([^\s=,()]*)$/;
const equal = /^([^\s!=,()]+)\s*==?\s*([^\s=,()]*)$/;
const ofSet = /^([^\s!=,()]+)\s+(in|notin)\s*\(([^()]*)\)$/;
const exists = /^(!?)\s*([^\s!=,()]+)$/;

/** The requirements of a selector, all of which must hold. A string is what is wrong with it. */
export function parseSelector(text: string): readonly Requirement[] | string {
  const parts = partsOf(text);
  if (parts.length === 0) return 'it is empty, and would select every node';
  const found: Requirement[] = [];
  for (const part of parts) {
    const requirement = requirementOf(part);
    if (requirement === undefined) return `"${part}" is not a requirement such as KEY=VALUE, KEY or !KEY`;
    const fault = requirementFault(requirement);
    if (fault !== undefined) return fault;
    found.push(requirement);
  }
  return found;
}

function requirementOf(part: string): Requirement | undefined {
  const set = ofSet.exec(part);
  if (set !== null) {
    const values = (set[3] ?? '').split(',').map((value) => value.trim());
    return { key: set[1] ?? '', operator: set[2] === 'in' ? 'In' : 'NotIn', values };
  }
  const [, differs, other = ''] = notEqual.exec(part) ?? [];
  if (differs !== undefined) return { key: differs, operator: 'NotIn', values: [other] };
  const [, key, value = ''] = equal.exec(part) ?? [];
  if (key !== undefined) return { key, operator: 'In', values: [value] };
  const [, not, name] = exists.exec(part) ?? [];
  return name === undefined ? undefined : { key: name, operator: not === '!' ? 'DoesNotExist' : 'Exists' };
}

/** Cut at the commas outside of brackets. */
const partsOf = (text: string): readonly string[] =>
  (text.match(/(?:[^,(]|\([^)]*\)?)+/g) ?? []).map((part) => part.trim()).filter((part) => part !== '');

function requirementFault({ key, values = [] }: Requirement): string | undefined {
  const wrongKey = labelKeyFault(key);
  if (wrongKey !== undefined) return `the label ${key} ${wrongKey}`;
  for (const value of values) {
    const wrong = labelValueFault(value);
    if (wrong !== undefined) return `the value ${value} of ${key} ${wrong}`;
  }
  return undefined;
}

/** The key of a requirement that another one contradicts, so that nothing is ever selected; undefined for none. */
export function contradiction(requirements: readonly Requirement[]): string | undefined {
  const byKey = Map.groupBy(requirements, ({ key }) => key);
  for (const [key, ofKey] of byKey) {
    const has = (operator: Operator) => ofKey.some((one) => one.operator === operator);
    if (has('DoesNotExist') && (has('Exists') || has('In'))) return key;
    const allowed = ofKey
      .filter(({ operator }) => operator === 'In')
      .map(({ values = [] }) => new Set(values));
    const [first, ...others] = allowed;
    if (first === undefined) continue;
    const excluded = new Set(
      ofKey.filter(({ operator }) => operator === 'NotIn').flatMap(({ values = [] }) => values),
    );
    const left = [...first].filter((value) => !excluded.has(value) && others.every((set) => set.has(value)));
    if (left.length === 0) return key;
  }
  return undefined;
}

/** Whether a node with these labels is selected. */
export function matches(
  requirements: readonly Requirement[],
  labels: Readonly<Record<string, string>>,
): boolean {
  return requirements.every(({ key, operator, values = [] }) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    if (operator === 'Exists') return value !== undefined;
    if (operator === 'DoesNotExist') return value === undefined;
    const listed = value !== undefined && values.includes(value);
    return operator === 'In' ? listed : !listed;
  });
}
