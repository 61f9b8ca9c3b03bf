/**
 * A repository of Raspberry Pi Imager: which images there are, where they are fetched from, and how Imager may configure
 * them while it writes. Field names and rules are those of github.com/raspberrypi/rpi-imager,
 * doc/json-schema/os-list-schema.json and doc/schema-notes.md. Pure.
 */
import { usage } from '../../errors.ts';

/** doc/os_customisation_formats.md there: what Imager leaves on the FAT partition for the first boot. */
export const initFormats = ['none', 'systemd', 'cloudinit', 'cloudinit-rpi'] as const;
export type InitFormat = (typeof initFormats)[number];

export const imagerArchitectures = ['armhf', 'armv8'] as const;

/** What was read of an image, packed or not: sizes in bytes, digests in lower-case hex. */
export interface MeasuredImage {
  /** Of the file. */
  readonly file: string;
  readonly downloadSize: number;
  readonly downloadSha256: string;
  /** Of what it unpacks to. */
  readonly size: number;
  readonly sha256: string;
}

/** What a person says of an image. */
export interface Described {
  readonly name: string;
  readonly description: string;
  readonly icon: string;
  readonly website?: string;
  /** Tags of Imager's list of devices: `pi5-64bit`. */
  readonly devices: readonly string[];
  /** `2026-11-29` */
  readonly releaseDate: string;
  readonly initFormat: InitFormat;
  readonly architecture?: (typeof imagerArchitectures)[number];
}

export interface OsEntry {
  readonly name: string;
  readonly description: string;
  readonly icon: string;
  readonly url: string;
  readonly extract_size: number;
  readonly extract_sha256: string;
  readonly image_download_size: number;
  readonly image_download_sha256: string;
  readonly release_date: string;
  readonly devices: readonly string[];
  readonly init_format: InitFormat;
  readonly architecture?: (typeof imagerArchitectures)[number];
  readonly website?: string;
}

export interface OsList {
  readonly os_list: readonly OsEntry[];
}

/** `base` is the folder on the server in which the file lies under its own name. */
export function osEntry(base: URL, image: MeasuredImage, described: Described): OsEntry {
  const { name, description, icon, website, devices, releaseDate, initFormat, architecture } = described;
  return {
    ...{ name, description, icon, url: new URL(encodeURIComponent(image.file), base).href },
    ...{ extract_size: image.size, extract_sha256: image.sha256 },
    ...{ image_download_size: image.downloadSize, image_download_sha256: image.downloadSha256 },
    ...{ release_date: releaseDate, devices, init_format: initFormat },
    ...(architecture === undefined ? {} : { architecture }),
    ...(website === undefined ? {} : { website }),
  };
}

/** The text of the file. */
export const renderOsList = (entries: readonly OsEntry[]): string =>
  `${JSON.stringify({ os_list: entries } satisfies OsList, null, 2)}\n`;

/** Throws `url-invalid` (usage) for anything but the https or http URL of a folder: the list is public. */
export function baseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const fault =
    url === undefined || !/^https?:$/.test(url.protocol)
      ? 'expected an https or http URL'
      : url.username !== '' || url.password !== ''
        ? 'expected a URL without user and password, which everybody could read'
        : url.search !== '' || url.hash !== ''
          ? 'expected the URL of a folder, without ? and #'
          : undefined;
  if (url === undefined || fault !== undefined)
    throw usage('url-invalid', `--url: ${fault}`, {
      hint: 'Give the folder that the images will be fetched from: `--url https://example.org/images/`.',
    });
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/** Throws `date-invalid` (usage). */
export function releaseDate(text: string): string {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  // A 31st of a month that has none becomes the 1st of the next one.
  if (!Number.isNaN(time) && dateOf(time) === text) return text;
  throw usage('date-invalid', '--release-date: expected a date such as 2026-11-29', {
    hint: 'Leave it out for the date of the file.',
  });
}

/** Milliseconds since 1970, as a date in UTC. */
export const dateOf = (time: number): string => new Date(time).toISOString().slice(0, 10);
