/** What is carried over, in the steps of a plan: files by path and digest, and words for who reads it. Pure. */
import { carriedHostKeysFolder } from '../../../boot/carried-host-keys.ts';
import type { Config } from '../../../config/config.ts';
import type { KeyName } from '../../../config/keys/keys.ts';
import type { Step } from '../../../steps/index.ts';
import type { Carried } from './carried.ts';
import type { HostKeyFile } from './read-logins.ts';
import { hostKeysInWords } from './words.ts';

/** A person's own configuration, where carried keys were put below it. */
export interface Under {
  readonly config: Config;
  /** Those of the carried keys that count. */
  readonly fromBelow?: readonly KeyName[];
}

/** What the configuration has of this system, and where that of the person has won; undefined for nothing of both. */
export function holdsOf(
  { words, config: carried }: Carried,
  { config, fromBelow = [] }: Under,
): string | undefined {
  const all = [...words];
  const counts = ([key]: readonly [KeyName, string]) =>
    fromBelow.includes(key) || (carried[key] === undefined && config[key] === undefined);
  const taken = all.filter(counts).map(([, text]) => text);
  const own = all.filter((one) => !counts(one)).map(([key]) => key);
  const parts = [
    ...(taken.length === 0 ? [] : [`from this system ${taken.join('; ')}`]),
    ...(own.length === 0 ? [] : [`as your configuration says, and not this system: ${own.join(', ')}`]),
  ];
  return parts.length === 0 ? undefined : parts.join('; ');
}

/** Of what is left out only that counts which nothing else says. */
export const warningsOf = ({ warnings }: Carried, { config, fromBelow = [] }: Under) =>
  warnings.filter(({ key }) => fromBelow.includes(key) || config[key] === undefined);

/** Copies the host keys of ssh to where the first boot finds them; only root reads them on the way, too. */
export function hostKeySteps(keys: readonly HostKeyFile[], mountRef: string): Step[] {
  if (keys.length === 0) return [];
  return [
    {
      ...{ id: 'make-host-key-folder', kind: 'make-folders', at: mountRef },
      folders: [{ path: carriedHostKeysFolder, mode: 0o700 }],
    },
    ...keys.map(({ path, name, size, sha256 }): Step => {
      const isPublic = name.endsWith('.pub');
      return {
        ...{ id: `write-${name.replaceAll(/[^a-z0-9]+/g, '-')}`, kind: 'write-file', at: mountRef },
        path: `${carriedHostKeysFolder}/${name}`,
        mode: isPublic ? 0o644 : 0o600,
        content: { from: 'file', path, size, sha256 },
        ...(isPublic
          ? {}
          : { holds: `the ${hostKeysInWords([{ path, name, size, sha256 }])} host key of ssh, ${path}` }),
      };
    }),
  ];
}
