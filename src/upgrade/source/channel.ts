/**
 * A channel: a folder on a server with a release in a folder for each version, `CHANNEL/v0.2.0/bos/system/manifest.json`,
 * a file `latest` with the name of the newest folder, and files `latest-0.2` with that of the newest of a stream, which is
 * a major and minor version; or a repository of a registry, whose tags are versions.
 */
import { refused, usage } from '../../errors.ts';
import { withoutTrailing } from '../../formats/trailing.ts';
import type { Host } from '../../host/ports.ts';
import { textAt } from '../../media/checksum.ts';
import { manifestPath } from '../../media/manifest.ts';
import { shownUrl } from '../../media/shown-url.ts';
import { isOciPlace, parseReference } from '../../oci/reference.ts';
import { openRegistry } from '../../oci/registry.ts';
import { tagsOf } from '../../oci/tags.ts';
import { isInStream, newestOf, streamOf } from './versions.ts';

export interface ChannelChoice {
  /** The URL of the folder. */
  readonly channel: string | undefined;
  /** A folder in it; the newest when left out. */
  readonly version?: string;
}

const nameLimit = 256;
const versionName = /^[A-Za-z0-9][A-Za-z0-9_+.~-]*$/;

export interface Release {
  /** Its folder or tag: `v0.2.0`. */
  readonly name: string;
  /** What `opsctl upgrade` takes: the URL of a manifest, or `oci:REGISTRY/REPOSITORY:TAG`. */
  readonly source: string;
}

/**
 * Where a release is. Throws OpsError: (usage) `channel-missing`, `version-invalid`; (refused) `channel-unknown`, and what
 * the network does.
 */
export async function releaseIn(host: Host, { channel, version }: ChannelChoice): Promise<string> {
  const base = requireChannel(channel);
  const name = version ?? (await newestIn(host, base));
  return sourceOf(base, name);
}

/**
 * The newest release of a stream, `0.2`; undefined when the channel's newest is of an older stream or it has none of this
 * one. Throws as `releaseIn` does, and `stream-unknown` (refused) when the channel has gone on to a newer stream and does not
 * say what the newest of this one is.
 */
export async function newestInStream(
  host: Host,
  channel: string | undefined,
  stream: string,
): Promise<Release | undefined> {
  const base = requireChannel(channel);
  const name = isOciPlace(base)
    ? newestOf((await tagsIn(host, base)).filter((tag) => isInStream(tag, stream)))
    : await newestFolderOf(host, base, stream);
  return name === undefined ? undefined : { name, source: sourceOf(base, name) };
}

async function newestFolderOf(host: Host, base: string, stream: string): Promise<string | undefined> {
  const file = `latest-${stream}`;
  const named = (await textAt(host, `${base}/${file}`, nameLimit))?.trim();
  if (named !== undefined && versionName.test(named) && isInStream(named, stream)) return named;
  const newest = await newestIn(host, base);
  if (isInStream(newest, stream)) return newest;
  const other = streamOf(newest);
  if (other !== undefined && (newestOf([`${other}.0`, `${stream}.0`]) ?? '') === `${stream}.0`)
    return undefined;
  throw refused('stream-unknown', `${shownUrl(base)} does not say which version is the newest of ${stream}`, {
    details: [
      `the newest of all is ${newest}`,
      `expected the name of a version in ${shownUrl(`${base}/${file}`)}`,
    ],
    hint: `Who publishes the channel adds ${file}. To take ${newest}: opsctl upgrade --version ${newest}.`,
  });
}

function requireChannel(channel: string | undefined): string {
  if (channel === undefined)
    throw usage('channel-missing', 'No source was given, and no channel is configured', {
      hint: 'Name a folder, an ISO, a release or an image; or set bos.upgrade.channel to the URL of a channel.',
    });
  return withoutTrailing(channel, '/');
}

function sourceOf(base: string, name: string): string {
  if (!versionName.test(name)) throw usage('version-invalid', `${name} is not the name of a version`);
  return isOciPlace(base) ? `${base}:${name}` : `${base}/${name}/${manifestPath}`;
}

async function tagsIn(host: Host, base: string): Promise<readonly string[]> {
  return tagsOf(openRegistry(host, parseReference(base), {}), host);
}

async function newestIn(host: Host, base: string): Promise<string> {
  if (isOciPlace(base)) {
    const tag = newestOf(await tagsIn(host, base));
    if (tag !== undefined) return tag;
    throw refused('channel-unknown', `${base} has no tag that is a version`, {
      hint: 'Check bos.upgrade.channel, or name a version: --version v0.2.0.',
    });
  }
  const url = `${base}/latest`;
  const name = (await textAt(host, url, nameLimit))?.trim() ?? '';
  if (versionName.test(name)) return name;
  throw refused('channel-unknown', `${shownUrl(base)} does not say which version is the newest`, {
    details: [`expected the name of a version in ${shownUrl(url)}`],
    hint: 'Check bos.upgrade.channel, or name a version: --version v0.2.0.',
  });
}
