/** What comes before consent: everything is checked, then planned; nothing is touched. */
import type { MachineFacts } from '../disk/facts.ts';
import { sha256Of } from '../host/digest.ts';
import type { Host } from '../host/ports.ts';
import type { Plan } from '../plan/plan.ts';
import type { Step } from '../steps/index.ts';
import { type CarriedReport, carriedReport } from './carried-report.ts';
import { type Checked, type CheckOptions, checkInstall } from './check/check.ts';
import { requirePrograms } from './check/programs.ts';
import { requireConsentToMedium } from './medium/trust.ts';
import { planInstall } from './plan.ts';
import type { PlanInput } from './plan-input.ts';
import type { InstallRequest } from './request.ts';

export interface Prepared {
  readonly plan: Plan<Step>;
  readonly checked: Checked;
}

interface PlacedIn {
  readonly checked: Partial<Pick<Checked, 'disk' | 'existing'>>;
}

/** What is installed to: a disk, or a partition as it is. */
export const placeOf = ({ checked: { disk, existing } }: PlacedIn): string =>
  existing?.partition.path ?? disk?.path ?? 'DEVICE';

/** Checks and plans; throws what the checks throw. */
export const prepareInstall = async (
  host: Host,
  request: InstallRequest,
  facts: MachineFacts,
  options: CheckOptions = {},
): Promise<Prepared> => {
  requireConsentToMedium(request);
  const checked = await checkInstall(host, request, facts, options);
  const prepared = planChecked(request, facts, checked, await carriedReport(host, facts.system));
  await requirePrograms(host, prepared.plan.steps);
  return prepared;
};

/** The plan for what was checked; throws what the layout throws. */
export function planChecked(
  request: InstallRequest,
  facts: Pick<MachineFacts, keyof PlanInput['facts']>,
  checked: Checked,
  report?: CarriedReport,
): Prepared {
  const { bytes } = checked.config;
  const config = { size: bytes.length, sha256: sha256Of(bytes) };
  return { plan: planInstall({ ...checked, request, facts, config, report }), checked };
}
