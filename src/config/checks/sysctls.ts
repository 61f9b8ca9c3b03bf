/** Names and values of kernel settings (sysctl(8), sysctl.d(5)). Pure. */
import { messageOf } from '../../errors.ts';

/**
 * The path below /proc/sys, such as `net/ipv4/conf/eth0.1/forwarding`. With a dot as the first separator, dots and
 * slashes change places in the rest; with a slash they stay. Throws for what would lead out of /proc/sys, and for
 * patterns, of which systemd alone would make something.
 */
export function sysctlPath(key: string): string {
  const separator = /[./]/.exec(key)?.[0];
  const path = separator === '.' ? key.replace(/[./]/g, (character) => (character === '.' ? '/' : '.')) : key;
  const parts = path.split('/');
  const bad = /[\0-\x20\x7f=*?[\]]/.test(path) || path.startsWith('-');
  if (bad || parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw new Error(
      `${JSON.stringify(key)} is not the name of a kernel setting, such as net.ipv4.ip_forward`,
    );
  }
  return path;
}

/** Throws when a value has several lines: each would be a setting of its own. */
export function checkSysctlValue(key: string, value: string): void {
  if (/[\n\r\0]/.test(value)) throw new Error(`${key}: the value must be one line`);
}

/** What the two would throw. */
export function sysctlFault(key: string, value: string): string | undefined {
  try {
    sysctlPath(key);
    checkSysctlValue(key, value);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
