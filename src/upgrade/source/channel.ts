/**
 * A channel: a folder on a server with a release in a folder for each version, `CHANNEL/v0.2.0/bos/system/manifest.json`,
 * and a file `latest` with the name of the newest folder.
 */
import { refused, usage } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { textAt } from '../../media/checksum.ts';
import { manifestPath } from '../../media/manifest.ts';
import { shownUrl } from '../../media/shown-url.ts';

export interface ChannelChoice {
  /** The URL of the folder. */
  readonly channel: string | undefined;
  /** A folder in it; the newest when left out. */
  readonly version?: string;
}

const nameLimit = 256;
const versionName = /^[A-Za-z0-9][A-Za-z0-9_+.~-]*$/;

/**
 * The URL of the manifest of a release. Throws OpsError: (usage) `channel-missing`, `version-invalid`; (refused)
 * `channel-unknown`, and what the network does.
 */
export async function releaseIn(host: Host, { channel, version }: ChannelChoice): Promise<string> {
  if (channel === undefined)
    throw usage('channel-missing', 'No source was given, and no channel is configured', {
      hint: 'Name a folder, an ISO, a release or an image; or set bos.upgrade.channel to the URL of a channel.',
    });
  const base = channel.replace(/\/+$/, '');
  const name = version ?? (await newestIn(host, base));
  if (!versionName.test(name)) throw usage('version-invalid', `${name} is not the name of a version`);
  return `${base}/${name}/${manifestPath}`;
}

async function newestIn(host: Host, base: string): Promise<string> {
  const url = `${base}/latest`;
  const name = (await textAt(host, url, nameLimit))?.trim() ?? '';
  if (versionName.test(name)) return name;
  throw refused('channel-unknown', `${shownUrl(base)} does not say which version is the newest`, {
    details: [`expected the name of a version in ${shownUrl(url)}`],
    hint: 'Check bos.upgrade.channel, or name a version: --version v0.2.0.',
  });
}
