/** What comes before the consent to a takeover: everything is checked, then planned; nothing is touched. */
import type { Confirmation } from '../../boot/menus/takeover-marker.ts';
import { refused, usage } from '../../errors.ts';
import { sha256Of } from '../../host/digest.ts';
import type { Host } from '../../host/ports.ts';
import { Faults } from '../check/all-faults.ts';
import { mediumBeside, requireRoot } from '../check/check.ts';
import type { FetchOptions } from '../check/fetch-config.ts';
import { requirePrograms } from '../check/programs.ts';
import { requireConsentToMedium } from '../medium/trust.ts';
import type { InstallRequest } from '../request.ts';
import type { ApprovedPlan } from '../run.ts';
import type { Carried } from './carry/carried.ts';
import { holdsOf } from './carry/steps.ts';
import { checkedOver } from './carry/under.ts';
import { checkTakeover, requireRoom, requireRootDevice } from './check.ts';
import type { TakeoverFacts } from './facts.ts';
import { planTakeover } from './plan.ts';

export interface PrepareOptions extends FetchOptions {
  readonly confirm?: Confirmation | undefined;
  /** What makes this system reachable, and is carried over. */
  readonly carried?: Carried | undefined;
}

/** Checks and plans; throws usage errors, and all refusals at once. Reads only. */
export async function prepareTakeover(
  host: Host,
  request: InstallRequest,
  facts: TakeoverFacts,
  options: PrepareOptions = {},
): Promise<ApprovedPlan> {
  refuseMeaningless(request);
  requireRoot(host);
  const faults = new Faults();
  const target = await faults.of(async () => {
    const found = checkTakeover(facts);
    if (request.device !== undefined) {
      const named = await host.files.realPath(request.device).catch(() => request.device ?? '');
      requireRootDevice(named, found);
    }
    return found;
  });
  const allowed = faults.now(() => requireMedium(request)) !== undefined;
  const medium = allowed ? await mediumBeside(faults, host, request, facts, options) : undefined;
  if (medium !== undefined) faults.now(() => requireRoom(facts, medium.manifest));
  const { carried } = options;
  const config = await faults.of(() => checkedOver(host, request, carried, { ...options, once: faults.any }));
  faults.throwAll();
  if (!target || !medium || !config) throw new Error('a check that refused is not told');
  const plan = planTakeover({
    ...medium,
    request: {
      debug: request.debug,
      ...(request.tty === undefined ? {} : { tty: request.tty }),
      powerOff: request.after === 'power-off',
    },
    facts,
    target,
    confirm: options.confirm,
    ...(carried && { carry: { holds: holdsOf(carried, config), hostKeys: carried.hostKeys } }),
    config: { size: config.bytes.length, sha256: sha256Of(config.bytes) },
  });
  await requirePrograms(host, plan.steps);
  return { plan, checked: { manifest: medium.manifest, config } };
}

/** Throws `medium-missing`, `medium-unverified` (refused). */
export function requireMedium(request: InstallRequest): true {
  if (request.isoUrl === undefined)
    throw refused('medium-missing', 'A takeover needs the ISO to install from', {
      hint: 'Give its URL or its path: `sudo opsctl install --takeover ISO_URL`.',
    });
  requireConsentToMedium(request);
  return true;
}

/** What only makes sense for a disk is refused, never ignored. */
export function refuseMeaningless({ varDevice, forceEfi }: InstallRequest): void {
  const flag = varDevice !== undefined ? '--var-device' : forceEfi ? '--force-efi' : undefined;
  if (flag === undefined) return;
  throw usage(
    'takeover-flags',
    `${flag} has no effect on a takeover, which keeps the partitions and the boot loader`,
    {
      hint: 'Leave it out.',
    },
  );
}
