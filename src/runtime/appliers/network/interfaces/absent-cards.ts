/** Which interfaces of bos.network cannot be, as this machine has none of the cards that they are made of. */
import { type Interface, isMade, partsOf } from '../../../../config/checks/network/model.ts';
import type { ApplyContext } from '../../applier.ts';

/** What the kernel says of the cards there are. */
interface KnownCard {
  readonly name: string;
  readonly mac: string;
  readonly driver: string;
}

/** Entries of cards and what is made of them; empty where nothing is known of cards at all. */
export async function absentOf(
  context: ApplyContext,
  all: readonly Interface[],
): Promise<readonly Interface[]> {
  const cards = await knownCards(context);
  if (cards.length === 0) return [];
  const byName = new Map(all.map((one) => [one.name, one]));
  // The checks have refused circles. A bond lives with one member, a bridge without any.
  const isAbsent = (one: Interface): boolean => {
    if (one.bridge !== undefined) return false;
    const parts = partsOf(one).flatMap((name) => byName.get(name) ?? []);
    return isMade(one) ? parts.every(isAbsent) : !cards.some((card) => isMeant(one, card));
  };
  return all.filter(isAbsent);
}

async function knownCards({ host, path }: ApplyContext): Promise<readonly KnownCard[]> {
  const { files } = host;
  const net = path('/sys/class/net');
  const names = await files.list(net).catch(() => []);
  const read = async (file: string) => (await files.readText(`${net}/${file}`).catch(() => '')).trim();
  return Promise.all(
    names.map(async (name) => {
      const link = await files.readLink(`${net}/${name}/device/driver`).catch(() => '');
      // A member of a bond shows the address of the bond.
      const own = await read(`${name}/bonding_slave/perm_hwaddr`);
      return {
        name,
        mac: own === '' ? await read(`${name}/address`) : own,
        driver: link.replace(/^.*\//, ''),
      };
    }),
  );
}

/** Where a place is, only udev knows. */
const isMeant = ({ name, mac, driver, path }: Interface, card: KnownCard): boolean => {
  if (path !== undefined) return true;
  if (mac !== undefined && card.mac.toLowerCase() !== mac.toLowerCase()) return false;
  if (driver !== undefined && card.driver !== driver) return false;
  return mac !== undefined || driver !== undefined || card.name === name;
};

/** `eth7`, or by what it was to be found. */
export const soughtBy = ({ name, mac, driver }: Interface): string => {
  const words = [
    mac === undefined ? [] : `mac ${mac}`,
    driver === undefined ? [] : `driver ${driver}`,
  ].flat();
  return words.length === 0 ? `name ${name}` : words.join(' ');
};
