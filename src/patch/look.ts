/** What there is to patch: the newest release of the stream that runs, against what runs. */
import { refused } from '../errors.ts';
import type { Host } from '../host/ports.ts';
import { shownUrl } from '../media/shown-url.ts';
import type { Node } from '../upgrade/node.ts';
import { newestInStream, type Release } from '../upgrade/source/channel.ts';
import { compareVersions, streamOf } from '../upgrade/source/versions.ts';

export interface Look {
  /** The version that runs. */
  readonly running: string;
  /** Its major and minor version: `0.2`. */
  readonly stream: string;
  /** The newest release of the stream; undefined when the channel has none. */
  readonly newest: Release | undefined;
  /**
   * current: nothing newer is known. returned: the node went back from it. committed: the next start is of it. staged: it
   * is on the disk. available: it can be had.
   */
  readonly state: 'current' | 'returned' | 'committed' | 'staged' | 'available';
  /** Why the node went back, as far as it is known. */
  readonly reason?: string;
}

/**
 * Asks the channel. Throws OpsError (refused): `version-unordered` where what runs has no stream, and what `newestInStream`
 * throws.
 */
export async function lookForPatch(host: Host, node: Node, channel: string | undefined): Promise<Look> {
  const { os } = node.running;
  const stream = streamOf(os);
  if (stream === undefined)
    throw refused('version-unordered', `Nobody can tell which versions are patches of ${os}`, {
      hint: 'Versions are ordered as Semantic Versioning says. `opsctl upgrade` takes any version.',
    });
  const newest = await newestInStream(host, channel, stream);
  return { running: os, stream, newest, ...stateOf(node, newest) };
}

/** Pure. */
export function stateOf(node: Node, newest: Release | undefined): Pick<Look, 'state' | 'reason'> {
  const { running, current, staged, record } = node;
  const isIt = (version: string) => newest !== undefined && compareVersions(version, newest.name) === 0;
  if (newest === undefined || (compareVersions(newest.name, running.os) ?? 0) <= 0)
    return { state: 'current' };
  if (record.returned.some(({ os }) => isIt(os))) {
    const { last } = record;
    const reason = last !== undefined && isIt(last.to.os) ? last.reason : undefined;
    return { state: 'returned', ...(reason === undefined ? {} : { reason }) };
  }
  if (isIt(current.os)) return { state: 'committed' };
  if (staged !== undefined && isIt(staged.deployment.os) && staged.source === shownUrl(newest.source))
    return { state: 'staged' };
  return { state: 'available' };
}

/** In a sentence. */
export function lookText({ running, stream, newest, state, reason }: Look): string {
  if (newest === undefined) return `No patch: the channel has no release of ${stream}; ${running} runs.`;
  const name = newest.name.replace(/^v(?=\d)/, '');
  switch (state) {
    case 'current':
      return `No patch: ${running} runs, and ${name} is the newest of ${stream}.`;
    case 'returned':
      return `No patch: this node returned from ${name}${reason === undefined ? '' : ` (${reason})`}. ${running} runs.`;
    case 'committed':
      return `The next start is of ${name}; ${running} runs.`;
    case 'staged':
      return `${name} is staged; ${running} runs.`;
    case 'available':
      return `${name} is a patch for ${running}.`;
  }
}
