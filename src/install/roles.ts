/** What an installation calls the places that its steps read and write: one of two disks has failed. Pure. */
import type { Plan } from '../plan/plan.ts';
import type { Step } from '../steps/index.ts';

/** `the medium`, `the target`; undefined for the running system's own files. */
export function rolesOf({ operation, steps }: Plan<Step>): (path: string) => string | undefined {
  const media = steps.flatMap((step) => {
    if (step.kind === 'copy-files') return [step.from];
    return step.kind === 'copy-from-image' && step.image.from === 'file' ? [step.image.path] : [];
  });
  const targets = [
    ...steps.flatMap((step) => (step.kind === 'mount-state' ? [step.at] : [])),
    // A takeover writes beside the system that runs.
    ...(operation === 'takeover' ? ['/bos', '/boot'] : []),
    '/dev',
  ];
  const isIn = (path: string, places: readonly string[]) =>
    places.some((place) => path === place || path.startsWith(`${place}/`));
  return (path) => (isIn(path, media) ? 'the medium' : isIn(path, targets) ? 'the target' : undefined);
}
