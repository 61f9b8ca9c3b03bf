/**
 * Variables for /etc/environment, which pam_env reads for logins and systemd for services. Their quoting differs, so
 * a value is written in a form that both read alike, or not at all. Pure.
 */

/**
 * Bytes of a line. At a line that does not fit its buffer of 8192 pam_env gives up the whole file
 * (Linux-PAM 1.5, pam_env.c, BUF_SIZE).
 */
const lineLimit = 8000;

/** Why not every reader would understand the variable; never with its value, which may hold a password. */
export function environmentFault(name: string, value: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    return `${JSON.stringify(name)} is not a variable name: use letters, digits and _, no digit first`;
  if (/[\r\n]/.test(value)) return `the value of ${name} has a line end, which /etc/environment cannot hold`;
  // systemd leaves out variables with control characters other than a tab.
  if (/[^\P{Cc}\t]/u.test(value)) return `the value of ${name} has a control character`;
  if (value.includes('#'))
    return `the value of ${name} has a #, which begins a comment at logins; in a URL write %23`;
  const quoted = quoteVariable(value);
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
export function quoteVariable(value: string): string | undefined {
  if (!value.includes("'")) return `'${value}'`;
  if (!value.includes('"') && !/\\(?:[\\`$]|$)/.test(value)) return `"${value}"`;
  return value.includes('\\') || /^["'\s]|\s$/.test(value) ? undefined : value;
}
