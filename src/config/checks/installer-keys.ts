/** Keys of the installer in a file: it reads its options, the kernel command line and its medium's file alone. Pure. */
import type { Layer } from '../config.ts';
import type { Diagnostic } from '../diagnostics.ts';
import { findKey } from '../keys/keys.ts';

/** One warning for each. */
export const installerKeyWarnings = ({ entries }: Layer): Diagnostic[] =>
  [...entries]
    .filter(([name]) => findKey(name)?.phases.every((phase) => phase === 'install'))
    .map(([key, { place }]) => ({
      severity: 'warning',
      place,
      key,
      message:
        'has no effect in a file: the installer reads it from the kernel command line and the config.yaml of its medium',
    }));
