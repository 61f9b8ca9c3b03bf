/** How the machine gets its addresses: from DHCP, or a fixed one that is checked as it is typed. */
import { isLinkLocal, isWithin, readPrefix } from '../../../../config/checks/network/prefixes.ts';
import * as values from '../../../../config/checks/network/values.ts';
import type { Check } from '../../../../config/keys/key-types.ts';
import type { KeyValue } from '../../../../config/keys/keys.ts';
import { messageWithDetails } from '../../../../errors.ts';
import type { Host } from '../../../../host/ports.ts';
import { whoHas } from '../../../../operation/address-in-use.ts';
import { type Card, wiredCards } from '../../../../operation/wired-cards.ts';
import { trimmedHint, validateInput } from '../../../terminal/validate-input.ts';
import type { Conversation } from '../../../terminal/way-back.ts';
import { canSetUpNow, hasAddress, setUpNow } from './network-now.ts';

type Interfaces = KeyValue<'bos.network'>;
type Way = 'dhcp' | 'fixed';

/** Undefined for DHCP, and for a machine without a wired card: nothing is written then. */
export async function askForNetwork(host: Host, talk: Conversation): Promise<Interfaces | undefined> {
  const cards = await talk.once(() => wiredCards(host, '/'));
  if (cards.length === 0) return undefined;
  const way = await talk.select<Way>({
    message: 'How does this machine get its network address?',
    choices: [
      { name: 'from DHCP', value: 'dhcp' },
      { name: 'a fixed address', value: 'fixed' },
    ],
  });
  if (way === 'dhcp') {
    // Somebody came back to this question.
    await talk.once(() => setUpNow(host, undefined).catch(() => {}));
    return undefined;
  }
  const card = await askForCard(host, talk, cards);
  const address = await askForAddress(host, talk, card);
  const gateway = await askForGateway(talk, address);
  const nameservers = await askForNameServers(talk);
  const network: Interfaces = [
    {
      ...{ name: card.name, mac: card.mac, addresses: [address] },
      ...gateway,
      ...(nameservers.length === 0 ? {} : { nameservers }),
    },
  ];
  await offerNow(host, talk, network);
  return network;
}

async function askForCard(host: Host, talk: Conversation, cards: readonly Card[]): Promise<Card> {
  const described = await talk.once(() => Promise.all(cards.map((card) => describe(host, card))));
  const [first] = cards;
  if (first !== undefined && cards.length === 1) {
    talk.tell(`Interface: ${described[0]}.\n`);
    return first;
  }
  return talk.select({
    message: 'Which interface?',
    choices: cards.map((card, index) => ({ name: described[index] ?? '', short: card.name, value: card })),
  });
}

/** `eth0, 52:54:00:12:34:56, virtio_net, connected` */
async function describe({ files }: Host, { name, mac }: Card): Promise<string> {
  const folder = `/sys/class/net/${name}`;
  const driver = await files.readLink(`${folder}/device/driver`).catch(() => '');
  const carrier = await files.readText(`${folder}/carrier`).catch(() => '');
  const state = carrier.trim() === '1' ? 'connected' : 'no connection';
  return [name, mac, driver.replace(/^.*\//, ''), state].filter(Boolean).join(', ');
}

async function askForAddress(host: Host, talk: Conversation, card: Card): Promise<string> {
  const answer = await talk.input({
    message: 'Address, such as 192.168.1.10/24:',
    hint: trimmedHint(values.interfaceAddress),
    validate: async (value, signal) => {
      const fault = values.interfaceAddress(value.trim());
      if (fault !== undefined) return fault;
      const address = value.trim().replace(/\/.*$/, '');
      const owner = await whoHas(host, card.name, address, signal);
      if (owner === 'unknown' && signal?.aborted !== true)
        talk.aside(`${card.name} has no connection: whether ${address} is in use is not known.\n`);
      return typeof owner === 'string' || `${address} is in use: ${owner.mac} on this network has it`;
    },
  });
  return answer.trim();
}

interface Gateway {
  readonly gateway4?: string;
  readonly gateway6?: string;
  readonly on_link?: string;
}

async function askForGateway(talk: Conversation, address: string): Promise<Gateway> {
  const own = readPrefix(address);
  if (own === undefined) return {};
  const key = own.family === 4 ? 'gateway4' : 'gateway6';
  const check: Check = (value) => {
    if (value === '') return undefined;
    const fault = own.family === 4 ? values.gateway4(value) : values.gateway6(value);
    if (fault !== undefined) return fault;
    const same = readPrefix(`${value}/${own.length}`)?.bits === own.bits;
    return same ? 'is the address of this machine itself' : undefined;
  };
  for (;;) {
    const answer = await talk.input({
      message: 'Gateway (empty: none):',
      hint: trimmedHint(check),
      validate: validateInput(check),
    });
    const gateway = answer.trim();
    const read = readPrefix(`${gateway}/${own.length}`);
    if (read === undefined) return {};
    if (isWithin(own, read) || isLinkLocal(read)) return { [key]: gateway };
    talk.tell(`${gateway} is outside of ${address}.\n`);
    if (await talk.confirm({ message: 'Is the gateway reached directly all the same?' }))
      return { [key]: gateway, on_link: 'true' };
  }
}

async function askForNameServers(talk: Conversation): Promise<readonly string[]> {
  const split = (value: string) => value.split(/[\s,]+/).filter((word) => word !== '');
  const check: Check = (value) => split(value).map(values.nameServerAddress).find(Boolean);
  const answer = await talk.input({
    message: 'Name servers, separated by blanks (empty: none):',
    hint: trimmedHint(check),
    validate: validateInput(check),
  });
  return [...new Set(split(answer))];
}

/** Keys and configurations may come from the network before the restart. */
async function offerNow(host: Host, talk: Conversation, network: Interfaces): Promise<void> {
  if (!(await talk.once(() => canSetUpNow(host)))) return;
  const without = !(await talk.once(() => hasAddress(host)));
  if (!(await talk.confirm({ message: 'Use this address now, too?', default: without }))) return;
  const why = await talk.once(() => setUpNow(host, network).then(() => undefined, messageWithDetails));
  talk.tell(
    why === undefined ? 'Network: set up.\n' : `The network is not set up before the restart: ${why}.\n`,
  );
}
