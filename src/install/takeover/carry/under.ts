/** A person's configuration with what is carried over below it, and the warnings of both. */
import type { Host } from '../../../host/ports.ts';
import { type CheckedConfig, checkedConfig } from '../../check/checked-config.ts';
import type { InstallRequest } from '../../request.ts';
import type { Carried } from './carried.ts';
import { warningsOf } from './steps.ts';

type Options = NonNullable<Parameters<typeof checkedConfig>[2]>;

/** Throws as `checkedConfig` does. */
export async function checkedOver(
  host: Host,
  request: InstallRequest,
  carried: Carried | undefined,
  options: Options,
): Promise<CheckedConfig> {
  if (carried === undefined) return checkedConfig(host, request, options);
  const found = await checkedConfig(host, request, { ...options, below: carried.config });
  return { ...found, warnings: [...found.warnings, ...warningsOf(carried, found)] };
}
