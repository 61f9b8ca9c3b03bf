/**
 * The little of /run/bos/boot.json that the phases need. disk/boot-record.ts knows all of it, with a schema whose
 * library would make up a good part of the time that a phase takes.
 */
import { join } from 'node:path';
import { refused } from '../errors.ts';
import type { Host } from '../host/ports.ts';

export const bootFactsPath = '/run/bos/boot.json';

export interface BootFacts {
  readonly mode: string;
  /** The device of BOS_STATE, empty in a live system. */
  readonly state: string;
  /** The device of the EFI system partition of the same disk; empty when there is none. */
  readonly esp: string;
  /** Versions of the deployment that was booted; dcp is empty when it has none. */
  readonly kernel: string;
  readonly os: string;
  readonly dcp: string;
  /** /home, /var and /opt are in memory although there is a state file system. */
  readonly ephemeral: boolean;
  /** What the boot menu has counted: `c` for the current deployment, `p` for the previous one; empty for none. */
  readonly try: string;
}

/**
 * Throws `not-bhojpur-os` (refused) where the file is missing: applying a configuration there would change the
 * accounts of somebody's workstation.
 */
export async function readBootFacts(host: Host, root: string): Promise<BootFacts> {
  let text: string;
  try {
    text = await host.files.readText(join(root, bootFactsPath));
  } catch (cause) {
    throw refused('not-bhojpur-os', 'This system is not Bhojpur OS', {
      cause,
      hint: 'The configuration is applied inside the OS. `opsctl config validate FILE` works everywhere.',
    });
  }
  const facts = parseFacts(text);
  const field = (name: keyof BootFacts): string => {
    const value = facts[name];
    return typeof value === 'string' ? value : '';
  };
  return {
    ...{ mode: field('mode'), state: field('state'), esp: field('esp'), os: field('os'), dcp: field('dcp') },
    kernel: field('kernel'),
    try: field('try'),
    ephemeral: facts.ephemeral === true,
  };
}

function parseFacts(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text));
  } catch (cause) {
    throw refused('boot-facts-invalid', `${bootFactsPath} is not JSON`, { cause });
  }
}
