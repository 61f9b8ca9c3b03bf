/**
 * What the boot loader of an installed system knows: whether the installation is valid, where its state is and
 * which deployment to boot. A typed view of GRUB's environment block; names that are not ours are kept.
 */
import { refused } from '../errors.ts';
import { parseEnvironmentBlock, renderEnvironmentBlock } from '../formats/boot-config/grubenv.ts';

/** Where it lies on the EFI system partition of a whole-disk installation. */
export const environmentPath = 'EFI/debian/grubenv';
/**
 * Where it lies on the state file system of an installation onto partitions that were there: their EFI system
 * partition, if any, is somebody else's and may be formatted by its owner.
 */
export const stateEnvironmentPath = 'bos/system/grub/grubenv';

/** GRUB cannot write to LVM or RAID: who upgrades must not count on it to return to what was started before. */
export const noReturnVariable = { name: 'bos_automatic_return', value: 'off' } as const;

/**
 * The id that the state file system of a copied image is about to have; until the boot after that it carries either
 * this one or `bos_state_uuid`.
 */
export const nextStateUuid = 'bos_next_state_uuid';

export const marks = ['installing', 'filling', 'valid'] as const;
/**
 * installing: a whole disk that is not bootable yet; all of it may be erased. filling: the same on partitions that
 * were there: what lies beside the system is somebody's. valid: everything was read back and found right.
 */
export type Mark = (typeof marks)[number];

export interface BootEnvironment {
  readonly mark: Mark;
  /** File system UUID of BOS_STATE, lower case. */
  readonly stateUuid: string;
  /** The current deployment; dcp is null when there is none. */
  readonly kernel: string;
  readonly os: string;
  readonly dcp: string | null;
  /** Identifies the unattended request that made the installation; the initrd compares it. */
  readonly request?: string;
  /** Variables beside these, such as those of an upgrade. */
  readonly others: Readonly<Record<string, string>>;
}

const names = {
  mark: 'bos_mark',
  stateUuid: 'bos_state_uuid',
  kernel: 'bos_kernel',
  os: 'bos_os',
  dcp: 'bos_dcp',
  request: 'bos_request',
} as const;
const ours: ReadonlySet<string> = new Set(Object.values(names));

/** Whether the installation is on the file system with this UUID, lower case. */
export const belongsTo = ({ stateUuid, others }: BootEnvironment, uuid: string | undefined): boolean =>
  uuid !== undefined && (uuid === stateUuid || uuid === others[nextStateUuid]);

/**
 * Reads a block of 1024 bytes, or its first sector. Throws OpsError `environment-invalid` (refused) when it is no
 * environment block, has no mark that we know or lacks one of our variables.
 */
export function parseBootEnvironment(block: Uint8Array): BootEnvironment {
  const variables = parseEnvironmentBlock(block);
  const value = (name: string): string => {
    const found = variables.get(name);
    if (found === undefined)
      throw refused('environment-invalid', `The boot environment does not set ${name}`);
    return found;
  };
  const request = variables.get(names.request);
  const text = value(names.mark);
  const mark = marks.find((known) => known === text);
  if (mark === undefined)
    throw refused('environment-invalid', `The boot environment has an unknown mark: "${text}"`);
  return {
    mark,
    stateUuid: value(names.stateUuid),
    kernel: value(names.kernel),
    os: value(names.os),
    dcp: value(names.dcp) === '' ? null : value(names.dcp),
    ...(request === undefined ? {} : { request }),
    others: Object.fromEntries([...variables].filter(([name]) => !ours.has(name))),
  };
}

/**
 * The 1024 bytes for an environment; every variable lies in the first 512, the same order each time. Throws
 * OpsError `environment-too-large` (usage).
 */
export function renderBootEnvironment(environment: BootEnvironment): Uint8Array {
  return renderEnvironmentBlock(
    new Map([
      [names.mark, environment.mark],
      [names.stateUuid, environment.stateUuid],
      [names.kernel, environment.kernel],
      [names.os, environment.os],
      [names.dcp, environment.dcp ?? ''],
      ...(environment.request === undefined ? [] : [[names.request, environment.request] as const]),
      ...Object.entries(environment.others),
    ]),
  );
}
