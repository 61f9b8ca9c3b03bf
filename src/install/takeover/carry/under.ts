/** A person's configuration with what is carried over below it, and the warnings of both. */
import { refused } from '../../../errors.ts';
import type { Host } from '../../../host/ports.ts';
import { type CheckedConfig, checkedConfig } from '../../check/checked-config.ts';
import type { InstallRequest } from '../../request.ts';
import type { Carried } from './carried.ts';
import { warningsOf } from './steps.ts';

type Options = NonNullable<Parameters<typeof checkedConfig>[2]>;

/** Throws as `checkedConfig` does, and `takeover-network` (refused). */
export async function checkedOver(
  host: Host,
  request: InstallRequest,
  carried: Carried | undefined,
  options: Options,
): Promise<CheckedConfig> {
  if (carried === undefined) return checkedConfig(host, request, options);
  const found = await checkedConfig(host, request, { ...options, below: carried.config });
  requireWayIn(carried, found);
  return { ...found, warnings: [...found.warnings, ...warningsOf(carried, found)] };
}

/** Where nothing leads to the new system, nobody can confirm it. Whoever writes down a network knows what they do. */
function requireWayIn({ lostWays, warnings }: Carried, { config, fromBelow = [] }: CheckedConfig): void {
  const isOwn = config['bos.network'] !== undefined && !fromBelow.includes('bos.network');
  if (lostWays.length === 0 || isOwn || config['bos.wifi'] !== undefined) return;
  throw refused(
    'takeover-network',
    `Nothing would lead to the new system: this one is reached by ${lostWays.join(', ')}, which cannot be carried over`,
    {
      details: warnings.filter(({ key }) => key === 'bos.network').map(({ message }) => message),
      hint:
        'Give bos.network or bos.wifi in the file of --config. Where DHCP is enough, leave the network out: ' +
        '--no-carry network.',
    },
  );
}
