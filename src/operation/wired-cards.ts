/** The wired network cards of a machine, in the order in which the kernel found them. */
import { join } from 'node:path';
import type { Host } from '../host/ports.ts';

export interface Card {
  readonly name: string;
  readonly mac: string;
}

/** Of hardware, or what a hypervisor shows as such: neither what is made of others nor a radio. */
export async function wiredCards({ files }: Host, root: string): Promise<readonly Card[]> {
  const net = join(root, '/sys/class/net');
  const cards: (Card & { readonly index: number })[] = [];
  for (const name of await files.list(net).catch(() => [])) {
    const folder = join(net, name);
    const has = (file: string) => files.exists(join(folder, file));
    if (!(await has('device')) || (await has('phy80211'))) continue;
    const read = async (file: string) => (await files.readText(join(folder, file)).catch(() => '')).trim();
    const mac = await read('address');
    // ARPHRD_ETHER
    if ((await read('type')) === '1' && mac !== '')
      cards.push({ name, mac, index: Number(await read('ifindex')) });
  }
  return cards.toSorted((a, b) => a.index - b.index).map(({ name, mac }) => ({ name, mac }));
}
