/** A channel whose releases would be refused: nothing vouches for what comes over http without a key. Pure. */
import type { Layer } from '../../config.ts';
import type { Diagnostic } from '../../diagnostics.ts';

export function channelWarnings({ entries }: Layer): Diagnostic[] {
  const channel = entries.get('bos.upgrade.channel');
  const isPlain = typeof channel?.value === 'string' && /^http:\/\//i.test(channel.value);
  if (channel === undefined || !isPlain || entries.has('bos.upgrade.public_key')) return [];
  const message = 'comes over http, so nothing of it is taken without bos.upgrade.public_key; or use https';
  return [{ severity: 'warning', place: channel.place, key: 'bos.upgrade.channel', message }];
}
