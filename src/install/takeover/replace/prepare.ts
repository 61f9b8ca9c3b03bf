/** What comes before the consent to replacing a disk from memory: everything is checked, then planned; nothing is touched. */
import { usage } from '../../../errors.ts';
import { sha256Of } from '../../../host/digest.ts';
import type { Host } from '../../../host/ports.ts';
import { Faults } from '../../check/all-faults.ts';
import { mediumBeside, requireRoot } from '../../check/check.ts';
import { requirePrograms } from '../../check/programs.ts';
import type { InstallRequest } from '../../request.ts';
import type { ApprovedPlan } from '../../run.ts';
import { holdsOf } from '../carry/steps.ts';
import { checkedOver } from '../carry/under.ts';
import type { TakeoverFacts } from '../facts.ts';
import { type PrepareOptions, refuseMeaningless, requireMedium } from '../prepare.ts';
import { checkReplace, requireTrialRoom, requireWholeDisk } from './check.ts';
import type { ReplaceFacts } from './facts.ts';
import { planReplace } from './plan.ts';

/** The facts of every takeover, and what is beside them; undefined where no folder of GRUB was found. */
export interface AllFacts {
  readonly facts: TakeoverFacts;
  readonly more: ReplaceFacts | undefined;
}

/** Checks and plans; throws usage errors, and all refusals at once. Reads only. */
export async function prepareReplace(
  host: Host,
  request: InstallRequest,
  { facts, more }: AllFacts,
  options: PrepareOptions = {},
): Promise<ApprovedPlan> {
  refuseMeaningless(request);
  const device = requireNamed(request);
  requireRoot(host);
  const faults = new Faults();
  const target = await faults.of(async () => {
    const found = checkReplace(facts, more);
    requireWholeDisk(await host.files.realPath(device).catch(() => device), found);
    return found;
  });
  const allowed = faults.now(() => requireMedium(request)) !== undefined;
  const medium = allowed ? await mediumBeside(faults, host, request, facts, options) : undefined;
  const { carried } = options;
  const config = await faults.of(() => checkedOver(host, request, carried, { ...options, once: faults.any }));
  if (target && more && medium && config)
    faults.now(() => requireTrialRoom(target, more, medium.manifest, config.bytes.length));
  faults.throwAll();
  if (!target || !medium || !config) throw new Error('a check that refused is not told');
  const { debug, tty, allowNoLogin, allowWarnings } = request;
  const plan = planReplace({
    ...medium,
    request: {
      ...{ debug, allowNoLogin, allowWarnings, powerOff: request.after === 'power-off' },
      ...(tty === undefined ? {} : { tty }),
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

/** Naming the disk is a part of the consent to erase it. */
function requireNamed({ device }: InstallRequest): string {
  if (device !== undefined) return device;
  throw usage('takeover-device-missing', '--takeover=replace needs the disk that is replaced', {
    hint: 'Name the disk of this system: `sudo opsctl install --takeover=replace /dev/vda ISO_URL`.',
  });
}
