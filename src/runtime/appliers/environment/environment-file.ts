/**
 * The text of /etc/environment, which pam_env reads for logins and systemd for services. Their quoting differs, so a
 * value is written in a form that both read alike, or not at all. Ours stand in a block; other lines stay. Pure.
 */

const begin = '# --- variables from the configuration of Bhojpur OS: made anew at every boot ---';
const end = '# --- end of the variables from the configuration ---';

/**
 * Bytes of a line. At a line that does not fit its buffer of 8192 pam_env gives up the whole file
 * (Linux-PAM 1.5, pam_env.c, BUF_SIZE).
 */
const lineLimit = 8000;

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
    const problem = problemOf(name, value);
    if (problem === undefined) variables.push([name, value]);
    else faults.push(problem);
  }
  return { variables: Object.fromEntries(variables), faults };
}

function problemOf(name: string, value: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    return `${JSON.stringify(name)} is not a variable name: use letters, digits and _, no digit first`;
  if (/[\r\n]/.test(value)) return `the value of ${name} has a line end, which /etc/environment cannot hold`;
  // systemd leaves out variables with control characters other than a tab.
  if (/[^\P{Cc}\t]/u.test(value)) return `the value of ${name} has a control character`;
  if (value.includes('#'))
    return `the value of ${name} has a #, which begins a comment at logins; in a URL write %23`;
  const quoted = quote(value);
  if (quoted === undefined)
    return `the value of ${name} mixes both kinds of quotes in a way that logins and services read differently`;
  if (Buffer.byteLength(`${name}=${quoted}`) > lineLimit)
    return `the line of ${name} would be longer than the ${lineLimit} bytes that logins can read`;
  return undefined;
}

/**
 * pam_env takes a quote off each end of a value that begins with one and leaves everything between as it is.
 * systemd.exec(5), EnvironmentFile=: in single quotes everything but a single quote stands for itself; in double
 * quotes a backslash before `"`, `\`, `` ` `` or `$` goes; without quotes every backslash does, and blanks at the ends.
 */
function quote(value: string): string | undefined {
  if (!value.includes("'")) return `'${value}'`;
  if (!value.includes('"') && !/\\(?:[\\`$]|$)/.test(value)) return `"${value}"`;
  return value.includes('\\') || /^["'\s]|\s$/.test(value) ? undefined : value;
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
  const block = Object.entries(variables).map(([name, value]) => `${name}=${quote(value) ?? ''}`);
  const lines = block.length === 0 ? own : [...own, begin, ...block, end];
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}
