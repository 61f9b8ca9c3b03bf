/** Facts from a file: of another machine, or of another day. The schema and the types hold each other. */
import { z } from 'zod';
import { architectureNames } from '../architectures.ts';
import { usage } from '../errors.ts';
import type { DiskFacts, MachineFacts, PartitionFacts, StackedDevice } from './facts.ts';

const bytes = z.number().int().nonnegative();
const strings = z.array(z.string());
const uuid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);

const signature = z.object({
  type: z.string(),
  label: z.string().exactOptional(),
  uuid: z.string().exactOptional(),
});

const partition = z.object({
  path: z.string(),
  number: z.number().int().positive(),
  start: bytes,
  size: bytes,
  type: z.string().exactOptional(),
  guid: z.string().exactOptional(),
  name: z.string().exactOptional(),
  signature: signature.exactOptional(),
  mounts: strings,
  holders: strings,
}) satisfies z.ZodType<PartitionFacts>;

const stacked = z.object({
  kernelName: z.string(),
  path: z.string(),
  type: z.string(),
  mounts: strings,
  alsoOn: strings,
  size: bytes.exactOptional(),
  signature: signature.exactOptional(),
  on: strings.exactOptional(),
  mapperId: z.string().exactOptional(),
}) satisfies z.ZodType<StackedDevice>;

const disk = z.object({
  path: z.string(),
  size: bytes,
  logicalSectorSize: bytes,
  physicalSectorSize: bytes,
  model: z.string().exactOptional(),
  serial: z.string().exactOptional(),
  transport: z.string().exactOptional(),
  removable: z.boolean(),
  readOnly: z.boolean(),
  links: strings,
  tableType: z.enum(['gpt', 'dos']).exactOptional(),
  signature: signature.exactOptional(),
  partitions: z.array(partition),
  mounts: strings,
  holders: strings,
  stacked: z.array(stacked),
  bootMedium: z.boolean(),
  content: z.enum(['empty', 'unfinished', 'bhojpur', 'damaged', 'data']),
  contentSummary: z.string(),
}) satisfies z.ZodType<DiskFacts>;

export const machineFactsSchema = z.object({
  v: z.literal(1),
  arch: z.enum(architectureNames),
  firmware: z.enum(['bios', 'efi']),
  secureBoot: z.boolean(),
  system: z.enum(['live', 'installed', 'other']),
  memory: bytes,
  consoles: strings,
  disks: z.array(disk),
  mediumRoot: z.string().exactOptional(),
  ids: z.object({
    ...{ disk: uuid, biosGrub: uuid, esp: uuid, state: uuid, stateFs: uuid },
    ...{ varDisk: uuid, varPartition: uuid, varFs: uuid },
    espFs: z.string().regex(/^[0-9a-f]{8}$/),
  }),
}) satisfies z.ZodType<MachineFacts>;

/** Reads JSON against a schema of facts; throws `facts-invalid` (usage) that names `where` and each fault. */
export function parseFacts<S extends z.ZodType>(schema: S, text: string, where: string): z.output<S> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw usage('facts-invalid', `${where} is not JSON`, {
      cause,
      hint: 'Record facts in a live system: `sudo opsctl facts > FILE`.',
    });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw usage('facts-invalid', `${where} does not contain facts that this opsctl understands`, {
    details: parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`),
    hint: 'Record them with this version, in a live system: `sudo opsctl facts > FILE`.',
  });
}
