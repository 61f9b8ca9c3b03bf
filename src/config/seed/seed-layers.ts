/**
 * What a seed says, as layers: below all else its meta-data, then its network-config, then its user-data. It lies on the
 * medium of the system itself, beside the boot loader: whoever writes there could say anything, so that it is trusted as
 * a local file is.
 */
import { join } from 'node:path';
import type { Host } from '../../host/ports.ts';
import type { Parsed } from '../config.ts';
import type { Place } from '../diagnostics.ts';
import { readSource } from '../sources/read-source.ts';
import { classify } from '../sources/user-data.ts';
import { faulty, meant, yamlOf } from './foreign-file.ts';
import { instanceOf } from './instance.ts';
import { field, type Meaning, text, texts } from './meaning.ts';
import { noCloudArgument } from './nocloud-argument.ts';
import {
  type SeedName,
  seedFolder,
  seedNames,
  seedOriginPath,
  seedPath,
  seedPlace,
  seedRecordPath,
} from './seed-files.ts';

export interface Seed {
  readonly parsed: readonly Parsed[];
  /** Commands that this instance has not run yet. */
  readonly once: readonly string[];
  readonly oncePlace: Place;
  readonly instance: string;
}

/** Bytes of a file: the parser takes less, and says so. */
export const seedLimit = 32 * 1024 * 1024;

/** Undefined when the boot partition has none. Never throws for what the files hold. */
export async function readSeed(host: Host, root: string): Promise<Seed | undefined> {
  const { files } = host;
  if (!(await files.exists(join(root, seedFolder)))) return undefined;
  const origin = await files.readText(join(root, seedOriginPath)).catch(() => '');
  if (origin.trim() === '') return undefined;
  const placeOf = (name: SeedName) => seedPlace(name, origin.trim());
  const found = await Promise.all(
    seedNames.map(
      async (name) => [name, await readSource(host, root, seedPath(name), seedLimit, 'local')] as const,
    ),
  );
  const bytes = new Map(
    found.flatMap(([name, data]) => (data instanceof Uint8Array ? [[name, data] as const] : [])),
  );
  const unreadable = found.flatMap(([, data]) =>
    data === undefined || data instanceof Uint8Array ? [] : [data],
  );
  const argument = noCloudArgument(await files.readText(join(root, '/proc/cmdline')).catch(() => '')) ?? {};
  const meta = await yamlOf(bytes.get('meta-data'), placeOf('meta-data'));
  const instance = instanceOf(
    [argument.instance, text(field(meta.value, 'instance-id'))],
    [...bytes.values()],
  );
  const network = await networkOf(bytes.get('network-config'), placeOf('network-config'));
  const user = await userDataOf(bytes.get('user-data'), placeOf('user-data'));
  const fresh = (await recordedInstance(host, root)) !== instance;
  return {
    parsed: [
      ...unreadable,
      ...meta.faults,
      await meant(metaMeaning(meta.value, argument.hostname), placeOf('meta-data')),
      ...network,
      ...user.parsed,
    ],
    once: fresh ? user.once : [],
    oncePlace: user.oncePlace,
    instance,
  };
}

/** The instance whose commands have run. */
export async function recordedInstance(host: Host, root: string): Promise<string | undefined> {
  try {
    const { instance } = Object(JSON.parse(await host.files.readText(join(root, seedRecordPath))));
    return typeof instance === 'string' ? instance : undefined;
  } catch {
    // None, or damaged: running commands once more is the lesser evil.
    return undefined;
  }
}

function metaMeaning(meta: unknown, given: string | undefined): Meaning {
  const hostname = given ?? text(field(meta, 'local-hostname', 'hostname'));
  const listed = field(meta, 'public-keys', 'public_keys');
  const keys = texts(typeof listed === 'object' && listed !== null ? Object.values(listed) : listed);
  return {
    config: {
      ...(hostname === undefined ? {} : { hostname }),
      ...(keys.length === 0 ? {} : { ssh_authorized_keys: keys }),
    },
    notes: [],
  };
}

async function networkOf(data: Uint8Array | undefined, file: string) {
  const { value, faults } = await yamlOf(data, file);
  if (value === undefined) return faults;
  const { readNetworkConfig } = await import('../network-formats/network-config.ts');
  return [...faults, await meant(readNetworkConfig(value), file)];
}

async function userDataOf(data: Uint8Array | undefined, file: string) {
  const none = { parsed: [] as Parsed[], once: [] as string[], oncePlace: { file } };
  const form = data === undefined ? undefined : await classify(data);
  if (form === undefined || form.kind === 'nothing') return none;
  if (form.kind === 'unusable') return { ...none, parsed: [faulty(file, form.problem)] };
  if (form.kind === 'program') return { ...none, once: [seedPath('user-data')] };
  const { parseSeedUserData } = await import('./user-data.ts');
  return parseSeedUserData(form.data, file);
}
