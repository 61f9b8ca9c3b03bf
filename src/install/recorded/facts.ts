/**
 * Facts of a machine together with what its medium holds: enough to plan an installation anywhere else. `opsctl facts`
 * writes them in a live system, `opsctl install --facts` reads them.
 */
import { z } from 'zod';
import type { MachineFacts } from '../../disk/facts.ts';
import { machineFactsSchema, parseFacts } from '../../disk/facts-schema.ts';
import { OpsError } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { manifestSchema } from '../../media/manifest.ts';
import { type BootAssets, readBootAssets, readMedium, readPartitionAssets } from '../medium/live.ts';
import { findVolumeTools, type VolumeTool } from '../partition/volume-tools.ts';

const asset = z.object({
  path: z.string(),
  size: z.number().int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const volumeTool = asset.omit({ path: true }).extend({ from: z.string(), name: z.string() });

const mediumSchema = z.object({
  manifest: manifestSchema,
  /** The parts of the boot loader, which belong to the live system. */
  loader: z.record(z.string(), asset) satisfies z.ZodType<BootAssets>,
  /** What an installation onto LVM takes along, where there is LVM. */
  volumeTools: z.array(volumeTool satisfies z.ZodType<VolumeTool>).exactOptional(),
});

export const recordedFactsSchema = machineFactsSchema.extend({ medium: mediumSchema.exactOptional() });
export type RecordedFacts = z.infer<typeof recordedFactsSchema>;

/** Throws OpsError `facts-invalid` (usage) that names `where`. */
export const parseRecordedFacts = (text: string, where: string): RecordedFacts =>
  parseFacts(recordedFactsSchema, text, where);

/** Adds what the medium of this system holds; nothing where there is none, or none that could be installed from. */
export async function recordFacts(
  host: Host,
  facts: MachineFacts,
): Promise<MachineFacts & Pick<RecordedFacts, 'medium'>> {
  if (facts.mediumRoot === undefined) return facts;
  try {
    const { manifest } = await readMedium(host, facts.mediumRoot);
    const loader = { ...(await readBootAssets(host)), ...(await readPartitionAssets(host)) };
    return { ...facts, medium: { manifest, loader, ...(await recordVolumeTools(host, facts)) } };
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
    return facts;
  }
}

/** Reading them takes a moment: only for a machine that has LVM. */
async function recordVolumeTools(
  host: Host,
  { disks }: Pick<MachineFacts, 'disks'>,
): Promise<{ volumeTools?: VolumeTool[] }> {
  if (!disks.some(({ stacked }) => stacked.some(({ type }) => type === 'lvm'))) return {};
  try {
    return { volumeTools: [...(await findVolumeTools(host))] };
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
    return {};
  }
}
