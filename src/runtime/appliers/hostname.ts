/** hostname: the kernel's name, /etc/hostname and the machine's own line in /etc/hosts. */
import { join } from 'node:path';
import type { Host } from '../../host/ports.ts';
import { applier } from './applier.ts';

export const hostnameApplier = applier({
  key: 'hostname',
  apply: async ({ host, path }, name) => {
    const set = await host.files.readText(path('/etc/hostname')).catch(() => '');
    // Set by an earlier phase: since then DHCP may have given the kernel another name, and that one wins.
    if (set.trim() === name) return;
    await setHostname(host, path('/'), name);
  },
});

/** Debian's address for the machine's own name (hosts(5), Debian Reference 5.1.1). */
const ownAddress = '127.0.1.1';

/** Gives the machine its name, now and for what reads /etc. */
export async function setHostname(host: Host, root: string, name: string): Promise<void> {
  const { files } = host;
  const hostsPath = join(root, 'etc/hosts');
  const hosts = await files.readText(hostsPath).catch(() => '127.0.0.1 localhost\n::1 localhost\n');
  const short = name.split('.')[0] ?? name;
  const others = hosts.split('\n').filter((line) => line !== '' && line.split(/\s/)[0] !== ownAddress);
  const own = `${ownAddress} ${short === name ? name : `${name} ${short}`}`;
  await files.writeAtomic(hostsPath, `${[...others, own].join('\n')}\n`);
  await files.write(join(root, 'proc/sys/kernel/hostname'), name);
  // Last: it says that the name is set.
  await files.writeAtomic(join(root, 'etc/hostname'), `${name}\n`);
}
