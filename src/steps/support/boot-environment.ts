/** The boot environment as two steps hold it: one makes it with the mark `installing`, the last one sets `valid`. */
import { z } from 'zod';
import { type Mark, noReturnVariable, renderBootEnvironment } from '../../boot/environment.ts';

export const bootEnvironmentSchema = z.strictObject({
  /** On the EFI system partition. */
  path: z.string(),
  /** File system UUID of the state partition, lower case. */
  stateUuid: z.string(),
  kernel: z.string(),
  os: z.string(),
  dcp: z.string().nullable(),
  /** Identifies the unattended request that this comes of. */
  request: z.string().optional(),
  /** False: it lies where GRUB cannot write. */
  automaticReturn: z.literal(false).optional(),
});

/** The 1024 bytes of the block with a mark. */
export function environmentBlock(environment: z.infer<typeof bootEnvironmentSchema>, mark: Mark): Uint8Array {
  const { request, automaticReturn, ...others } = environment;
  return renderBootEnvironment({
    ...others,
    ...(request === undefined ? {} : { request }),
    mark,
    others: automaticReturn === false ? { [noReturnVariable.name]: noReturnVariable.value } : {},
  });
}
