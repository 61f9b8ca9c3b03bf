/**
 * The text of /etc/environment, which pam_env reads for logins and systemd for services. Their quoting differs, so a
 * value is written in a form that both read alike, or not at all. Ours stand in a block; other lines stay. Pure.
 */
import { environmentFault, quoteVariable } from '../../../config/checks/environment-variables.ts';

const begin = '# --- variables from the configuration of Bhojpur OS: made anew at every boot ---';
const end = '# --- end of the variables from the configuration ---';

export interface CheckedEnvironment {
  /** Those that can be set. */
  readonly variables: Readonly<Record<string, string>>;
  /** One for each of the others; never with a value, which may hold a password. */
  readonly faults: readonly string[];
}

/** Parts the variables that every reader understands from those that would be lost or changed on the way. */
export function checkEnvironment(values: Readonly<Record<string, string>>): CheckedEnvironment {
  const variables: [string, string][] = [];
  const faults: string[] = [];
  for (const [name, value] of Object.entries(values)) {
    const problem = environmentFault(name, value);
    if (problem === undefined) variables.push([name, value]);
    else faults.push(problem);
  }
  return { variables: Object.fromEntries(variables), faults };
}

/** `text` with the variables as its block; without a block when there are none. They must have been checked. */
export function withVariables(text: string, variables: Readonly<Record<string, string>>): string {
  const others: string[] = [];
  let inside = false;
  for (const line of text.split('\n')) {
    if (line === begin) inside = true;
    else if (line === end) inside = false;
    else if (!inside) others.push(line);
  }
  const isUntouched = Object.keys(variables).length === 0 && !text.includes(begin);
  if (isUntouched) return text;
  const own = others.slice(0, others.findLastIndex((line) => line !== '') + 1);
  const block = Object.entries(variables).map(([name, value]) => `${name}=${quoteVariable(value) ?? ''}`);
  const lines = block.length === 0 ? own : [...own, begin, ...block, end];
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}
