/** The appliers in the order in which they run within a phase. A new key that acts is one file here and one row. */
import type { Applier } from '../applier.ts';
import { hostnameApplier } from './hostname.ts';
import { passwordApplier } from './password.ts';
import { sshAuthorizedKeysApplier } from './ssh-authorized-keys.ts';

export const appliers: readonly Applier[] = [hostnameApplier, passwordApplier, sshAuthorizedKeysApplier];
