/** Values of kernel settings, and the file that systemd-sysctl.service reads them from. Pure. */

/** As /proc/sys shows the same value on reading it: separators there are tabs. */
export const sameSysctlValue = (a: string, b: string): boolean => normal(a) === normal(b);

const normal = (value: string): string => value.trim().replace(/\s+/g, ' ');

/**
 * Paths and values as systemd-sysctl reads them. The `-` keeps a setting that is not there yet from failing the
 * whole service: what fails in the end is said by the runtime phase.
 */
export function renderSysctls(settings: ReadonlyMap<string, string>): string {
  const lines = [...settings].map(([path, value]) => `-${path} = ${value.trim()}`.trimEnd());
  return ['# From bos.sysctls; made anew at every boot.', ...lines, ''].join('\n');
}
