/** What a data source is: a place that a cloud, or a person with a CD, puts user data, a host name and keys. */
import type { MetadataForm } from '../../config/sources/cloud-network-files.ts';
import { messageOf } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import type { MetadataService, ServiceOptions } from './services/metadata-service.ts';

export interface Found {
  readonly userData?: Uint8Array;
  readonly hostname?: string;
  /** Lines of authorized_keys. */
  readonly sshKeys: readonly string[];
  readonly network?: MetadataNetwork;
}

/** How the service says the network is, in its own words. */
export interface MetadataNetwork {
  readonly form: MetadataForm;
  readonly data: Uint8Array;
}

export interface SourceContext {
  readonly host: Host;
  /** `/` in the OS; block devices are those of the machine wherever it is. */
  readonly root: string;
  /** False: the firmware says that this is another cloud, so that no service is asked. */
  readonly isHere: boolean;
  /** Something went wrong that does not end the source, such as keys that cannot be read. */
  readonly warn: (message: string) => void;
  /** A metadata service over HTTP, at `base` unless a test says otherwise. */
  service(base: string, options?: ServiceOptions): MetadataService;
}

/** Resolves with undefined when this machine is not in that cloud; throws for one that answers what it should not. */
export type DataSource = (context: SourceContext) => Promise<Found | undefined>;

/** `undefined` for a source that had nothing at all. */
export function found(
  userData: Uint8Array | undefined,
  hostname: string | undefined,
  sshKeys: readonly string[],
  network?: MetadataNetwork,
): Found | undefined {
  // A file of white space is what clouds give where nothing was entered.
  const some = userData !== undefined && !isBlank(userData) ? userData : undefined;
  if (some === undefined && hostname === undefined && sshKeys.length === 0 && network === undefined)
    return undefined;
  return {
    ...(network === undefined ? {} : { network }),
    ...(some === undefined ? {} : { userData: some }),
    ...(hostname === undefined ? {} : { hostname }),
    sshKeys,
  };
}

/** What a service says of the network; without it, told, the rest is none the worse. */
export async function networkFrom(
  { warn }: SourceContext,
  form: MetadataForm,
  read: () => Promise<unknown>,
): Promise<MetadataNetwork | undefined> {
  try {
    const value = await read();
    if (value === undefined) return undefined;
    return { form, data: value instanceof Uint8Array ? value : Buffer.from(JSON.stringify(value)) };
  } catch (error) {
    warn(`the network cannot be read: ${messageOf(error)}`);
    return undefined;
  }
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d));
}

/** The lines of a text that are not empty, trimmed. */
export const linesOf = (text: string | undefined): string[] =>
  (text ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** An element of something that came as JSON or YAML and may be anything. */
export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** The strings of a list or the values of a map; several keys may stand in one string, a line each. */
export function stringsOf(value: unknown): string[] {
  const elements = typeof value === 'object' && value !== null ? Object.values(value) : [value];
  return elements.flatMap((element) => (typeof element === 'string' ? linesOf(element) : []));
}
