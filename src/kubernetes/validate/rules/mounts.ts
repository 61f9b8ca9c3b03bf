/** What is mounted into the containers: secrets, and folders of the node. */
import { posix } from 'node:path';
import type { Path } from '../../schema/check-schema.ts';
import { objectNameFault, shortNameFault } from '../../values/names.ts';
import type { PlanView, Report, Rule } from '../plan-view.ts';

/** Where the controller puts secrets whose path is relative. */
const secretsFolder = '/run/system-upgrade/secrets';
/** What the controller mounts into every container, and the names of those volumes. */
const taken: Readonly<Record<string, string>> = {
  '/host': 'the root of the node',
  '/run/system-upgrade/pod': 'what the controller tells the pod',
};
const takenNames = ['host-root', 'pod-info'];
/** Bits of a file's mode. */
const largestMode = 0o777;

export const mountRules: Rule = (plan, report) => {
  const places = new Map<string, Path>();
  const secrets = new Set<string>();
  for (const item of plan.items('spec', 'secrets')) {
    checkSecret(plan, item, report, secrets);
    const path = plan.text(...item, 'path');
    if (path !== undefined) place([...item, 'path'], posix.resolve(secretsFolder, path), places, report);
  }
  const upgradeVolumes = new Set(
    plan.items('spec', 'upgrade', 'volumes').map((item) => plan.text(...item, 'name')),
  );
  for (const container of ['upgrade', 'prepare']) {
    // Each container has mounts of its own beside the secrets.
    const own = new Map(places);
    const names = new Set<string>();
    for (const item of plan.items('spec', container, 'volumes')) {
      checkVolume(plan, item, report, names);
      const destination = plan.text(...item, 'destination');
      if (destination?.startsWith('/'))
        place([...item, 'destination'], posix.resolve(destination), own, report);
      const name = plan.text(...item, 'name');
      if (container === 'prepare' && name !== undefined && !upgradeVolumes.has(name))
        report(
          'error',
          [...item, 'name'],
          'is not among the volumes of upgrade, the only ones that the controller gives the pod',
        );
    }
  }
};

function checkSecret(plan: PlanView, item: Path, report: Report, seen: Set<string>): void {
  const name = plan.text(...item, 'name');
  const fault = name === undefined ? undefined : objectNameFault(name);
  if (fault !== undefined) report('error', [...item, 'name'], fault);
  else if (name !== undefined && seen.has(name))
    report('error', [...item, 'name'], 'is mounted twice; a pod has one volume of a name');
  if (name !== undefined) seen.add(name);
  const path = plan.text(...item, 'path');
  if (path?.split('/').includes('..'))
    report('error', [...item, 'path'], 'must not have .. in it; write the path from the root');
  if (path?.includes(':')) report('error', [...item, 'path'], 'must not have a colon in it');
  if (path?.startsWith('/host/'))
    report(
      'warning',
      [...item, 'path'],
      'lies on the node, where the folder stays behind; write another path',
    );
  const mode = plan.number(...item, 'defaultMode');
  if (mode !== undefined && (mode < 0 || mode > largestMode))
    report('error', [...item, 'defaultMode'], `is not a file mode; write an octal one such as 0400`);
}

function checkVolume(plan: PlanView, item: Path, report: Report, names: Set<string>): void {
  const name = plan.text(...item, 'name');
  const fault = name === undefined ? undefined : shortNameFault(name);
  if (fault !== undefined) report('error', [...item, 'name'], fault);
  else if (name !== undefined && takenNames.includes(name))
    report('error', [...item, 'name'], 'is the name of a volume that the controller adds itself');
  else if (name !== undefined && names.has(name)) report('error', [...item, 'name'], 'is there twice');
  if (name !== undefined) names.add(name);
  for (const end of ['source', 'destination']) {
    const path = plan.text(...item, end);
    if (path !== undefined && !path.startsWith('/'))
      report('error', [...item, end], 'must be a path from the root, /…');
    else if (path?.split('/').includes('..')) report('error', [...item, end], 'must not have .. in it');
  }
}

/** Notes what is mounted where, and reports what is there already. */
function place(at: Path, path: string, places: Map<string, Path>, report: Report): void {
  const there = taken[path];
  if (path === '/') report('error', at, 'is the root of the container');
  else if (there !== undefined) report('error', at, `is where the controller mounts ${there}`);
  else if (places.has(path)) report('error', at, 'is where something else is mounted already');
  places.set(path, at);
}
