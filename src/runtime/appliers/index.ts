/**
 * The appliers in the order in which they run within a phase: what the machine is and has first, then files, then
 * the services that files may have changed, commands last. A new key that acts is one file here and one row.
 */
import type { Applier } from './applier.ts';
import { bootCommandsApplier, initCommandsApplier, runCommandsApplier } from './commands/commands.ts';
import { dcpApplier } from './dcp/dcp.ts';
import { environmentApplier } from './environment/environment.ts';
import { hostnameApplier } from './hostname.ts';
import { keymapApplier } from './keymap.ts';
import { modulesApplier } from './modules.ts';
import { connmanApplier, connmanStartApplier } from './network/connman.ts';
import { interfacesApplier } from './network/interfaces/interfaces.ts';
import { wifiApplier } from './network/wifi.ts';
import { passwordApplier } from './password.ts';
import { patchApplier } from './patch.ts';
import { sshAuthorizedKeysApplier } from './ssh-authorized-keys/ssh-authorized-keys.ts';
import { sshPasswordLoginApplier } from './ssh-password-login.ts';
import { sysctlsApplier } from './sysctls/sysctls.ts';
import { writeFilesApplier } from './write-files/write-files.ts';

export const appliers: readonly Applier[] = [
  hostnameApplier,
  // Before sysctls: a module brings some of its own.
  modulesApplier,
  sysctlsApplier,
  passwordApplier,
  keymapApplier,
  environmentApplier,
  writeFilesApplier,
  sshAuthorizedKeysApplier,
  sshPasswordLoginApplier,
  connmanApplier,
  wifiApplier,
  interfacesApplier,
  dcpApplier,
  patchApplier,
  initCommandsApplier,
  bootCommandsApplier,
  runCommandsApplier,
  // Commands, too, may change what connman starts with.
  connmanStartApplier,
];
