/**
 * Asks a cloud how the network is before anything has set it up, as bos-metadata.service: with a link-local address on one
 * wired card after the other, which are left as they were found. What was said is there for the units that follow.
 */
import { join } from 'node:path';
import { loadConfig } from '../../../config/sources/sources.ts';
import { messageOf } from '../../../errors.ts';
import type { Host } from '../../../host/ports.ts';
import { type Card, wiredCards } from '../../../operation/wired-cards.ts';
import { applyContext } from '../../appliers/applier.ts';
import { interfacesApplier, runtimeDropIn } from '../../appliers/network/interfaces/interfaces.ts';
import { probe, type SearchOptions } from '../index.ts';
import type { Found } from '../source.ts';
import { storeNetwork } from '../store-network.ts';
import { askFile } from './ask-file.ts';
import { earlySources } from './to-ask.ts';

export interface EarlyOptions extends Pick<SearchOptions, 'root' | 'log' | 'bases'> {
  /** For tests: cards that are no hardware. */
  readonly cards?: readonly Card[];
  /** For tests: how long an answer is waited for. */
  readonly patienceMs?: number;
}

/** More are not asked on: each may be waited for. */
const mostCards = 8;
const carrierMs = 5000;
/** Such a machine has no DHCP: without an answer nobody reaches it, so a service that is slow or late is asked again. */
const usualPatienceMs = 40_000;
const pauseMs = 1000;

/** Returns whether the network is known. Never throws: without an answer every interface asks DHCP. */
export async function askEarly(host: Host, options: EarlyOptions): Promise<boolean> {
  const { root, log } = options;
  const text = await host.files.readText(join(root, askFile)).catch(() => '');
  const source = earlySources.find((name) => name === text.trim());
  if (source === undefined) return false;
  try {
    const cards = (options.cards ?? (await wiredCards(host, root))).slice(0, mostCards);
    const ask = () => probe(host, options, source);
    const { found, asked } = await onCards(host, cards, ask, options.patienceMs ?? usualPatienceMs);
    const where = asked.map(({ name }) => name).join(', ');
    if (found?.network !== undefined) {
      log({ level: 'info', message: `${source}: said how the network is (asked on ${where})` });
      await storeNetwork(host, root, found.network, source);
      await settle(host, root);
      return true;
    }
    const why = where === '' ? 'no wired card has a connection' : `asked on ${where}`;
    log({ level: 'warning', message: `${source}: has not said how the network is (${why}): DHCP is used` });
  } catch (error) {
    log({ level: 'error', message: `${source}: ${messageOf(error)}: DHCP is used` });
  }
  return false;
}

interface Asked {
  readonly found?: Found;
  readonly asked: readonly Card[];
}

/** Asks on one after the other as they get a carrier, again and again, until one knows the network. */
async function onCards(
  host: Host,
  cards: readonly Card[],
  ask: () => Promise<Found | undefined>,
  patienceMs: number,
): Promise<Asked> {
  const asked = new Set<Card>();
  const turn = new Set<Card>();
  const began = host.clock.monotonic();
  try {
    // One that cannot be brought up has no carrier.
    for (const { name } of cards) await ip(host, 'link', 'set', 'dev', name, 'up').catch(() => {});
    for (;;) {
      const ready = await Promise.all(cards.map((card) => hasCarrier(host, card)));
      const next = cards.find((card, index) => ready[index] && !turn.has(card));
      if (next === undefined) {
        const waited = host.clock.monotonic() - began;
        if (waited >= (asked.size > 0 ? patienceMs : carrierMs)) return { asked: [...asked] };
        await host.clock.sleep(turn.size > 0 ? pauseMs : 100);
        turn.clear();
        continue;
      }
      asked.add(next);
      turn.add(next);
      const found = await withLinkLocal(host, next, ask);
      if (found?.network !== undefined) return { found, asked: [...asked] };
    }
  } finally {
    // With it goes what routers have said meanwhile.
    for (const { name } of cards) await ip(host, 'link', 'set', 'dev', name, 'down').catch(() => {});
  }
}

/** What `ask` gives while the card has a link-local address. */
async function withLinkLocal(
  host: Host,
  { name }: Card,
  ask: () => Promise<Found | undefined>,
): Promise<Found | undefined> {
  // As cloud-init draws it: 169.254.169 is the service's own.
  const [first = 0, second = 0] = host.random.bytes(2);
  const address = `169.254.${1 + (first % 168)}.${second}/16`;
  await ip(host, 'address', 'add', address, 'dev', name, 'scope', 'link');
  try {
    return await ask();
  } finally {
    await ip(host, 'address', 'del', address, 'dev', name);
  }
}

const ip = ({ processes }: Host, ...words: string[]) => processes.run('ip', words, { timeoutMs: 10_000 });

const hasCarrier = async ({ files }: Host, { name }: Card): Promise<boolean> =>
  (await files.readText(`/sys/class/net/${name}/carrier`).catch(() => '')).trim() === '1';

/** As the boot phase would have done it. systemd knows the units by now, and reads a new drop-in only when it is told. */
async function settle(host: Host, root: string): Promise<void> {
  const waits = () => host.files.exists(join(root, runtimeDropIn));
  const before = await waits();
  const { config } = await loadConfig(host, root);
  await interfacesApplier.run(applyContext(host, root, 'boot', config));
  if ((await waits()) !== before)
    await host.processes.run('systemctl', ['daemon-reload'], { timeoutMs: 30_000 });
}
