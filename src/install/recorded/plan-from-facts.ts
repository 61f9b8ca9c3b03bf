/**
 * The plan for a machine that is known by its recorded facts alone: the checks that need no machine, and the same plan.
 * What only the machine itself could say is not looked at: its tools, whether the medium is undamaged, the last look
 * at the disk. The configuration is read here.
 */

import type { MachineFacts } from '../../disk/facts.ts';
import { refused } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { renderManifest } from '../../media/manifest.ts';
import {
  requireBootable,
  requireFirmware,
  requireLive,
  requireSpace,
  selectedDisk,
  selectedVarDisk,
} from '../check/check.ts';
import { checkedConfig } from '../check/checked-config.ts';
import type { FetchOptions } from '../check/fetch-config.ts';
import { type ChosenMedium, chooseMedium, requireArch } from '../medium/choose.ts';
import type { PartitionTarget } from '../partition/boot.ts';
import { bootPlaces } from '../partition/boot.ts';
import { choosePartition } from '../partition/choose.ts';
import type { VolumeTool } from '../partition/volume-tools.ts';
import { type Prepared, planChecked } from '../prepare.ts';
import type { InstallRequest } from '../request.ts';
import type { RecordedFacts } from './facts.ts';

/** Checks and plans; throws the first refusal or usage error. */
export async function planElsewhere(
  host: Host,
  request: InstallRequest,
  recorded: RecordedFacts,
  options: FetchOptions = {},
): Promise<Prepared> {
  const { medium, ...facts } = recorded;
  requireLive(facts.system);
  requireFirmware(request, facts);
  const existing = request.noFormat ? partitionElsewhere(request, facts) : undefined;
  const disk = existing?.disk ?? selectedDisk(request, facts);
  const varDisk = existing === undefined ? selectedVarDisk(request, facts, disk) : {};
  if (existing === undefined) requireBootable(request, facts, disk);
  if (medium === undefined || facts.mediumRoot === undefined) {
    throw refused('medium-missing', 'The recorded facts do not include a medium to install from', {
      hint: 'Record them in the live system of a Bhojpur OS ISO: `sudo opsctl facts > FILE`.',
    });
  }
  const { manifest, volumeTools } = medium;
  const chosen: ChosenMedium =
    request.isoUrl === undefined
      ? { mediumRoot: facts.mediumRoot, manifest, manifestText: renderManifest(manifest) }
      : await chooseMedium(host, request, facts, options);
  requireArch(chosen.manifest, facts);
  if (existing === undefined) requireSpace(disk, chosen.manifest);
  const config = await checkedConfig(host, request, options);
  // The boot loader is the live system's, whatever is installed.
  const checked = {
    disk,
    ...varDisk,
    ...(existing === undefined ? {} : { existing: withVolumeTools(existing, volumeTools) }),
    ...chosen,
    config,
    assets: medium.loader,
  };
  return planChecked(request, facts, checked);
}

/**
 * What only the machine itself could say is taken for the worse: a fallback loader on the ESP is another system's, and
 * a BIOS starts another one from each disk.
 */
function partitionElsewhere(request: InstallRequest, facts: MachineFacts): PartitionTarget {
  const chosen = choosePartition(facts, request.device);
  const bootFacts = new Map(facts.disks.map(({ path }) => [path, { otherBootCode: true }]));
  return { ...chosen, places: bootPlaces(facts, chosen, bootFacts, request) };
}

/** Throws `tool-missing` (refused): facts that an older version has recorded lack them. */
function withVolumeTools(target: PartitionTarget, tools: readonly VolumeTool[] | undefined): PartitionTarget {
  if (target.volume?.logicalVolume === undefined) return target;
  if (tools !== undefined) return { ...target, tools };
  throw refused('tool-missing', 'The recorded facts do not say what would activate LVM at boot', {
    hint: 'Record them in the live system of a Bhojpur OS ISO of this version: `sudo opsctl facts > FILE`.',
  });
}
