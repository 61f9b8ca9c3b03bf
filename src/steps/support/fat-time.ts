/** When files on an EFI system partition were made, as their records say. */
import type { StepContext } from '../../plan/plan.ts';

/** Seconds since 1970: what the step says, or now. */
export const timeOf = ({ time }: { readonly time?: number | undefined }, { host }: StepContext): number =>
  time ?? host.clock.now() / 1000;
