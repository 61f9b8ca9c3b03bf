/** `opsctl install --cmdline TEXT --dry-run`: what the installer would do that this kernel command line starts. */
import { commandLineName, parseCommandLine } from '../../../config/command-line/command-line.ts';
import type { Config } from '../../../config/config.ts';
import { type Diagnostic, requireValid } from '../../../config/diagnostics.ts';
import type { KeyName } from '../../../config/keys/keys.ts';
import { merge } from '../../../config/sources/merge.ts';
import { usage } from '../../../errors.ts';
import { type InstallFlags, type InstallRequest, requestOf, withWarnings } from '../../../install/request.ts';

interface Arguments {
  readonly device: string | undefined;
  readonly isoUrl: string | undefined;
}

/** The request that the line makes. Throws as requestOf does, `config-invalid` and `cmdline-dry-run` (usage). */
export function requestOfLine(line: string, args: Arguments, flags: InstallFlags): InstallRequest {
  if (flags.dryRun !== true)
    throw usage('cmdline-dry-run', '--cmdline only shows what would happen and needs --dry-run', {
      hint: 'Add --dry-run, or start the machine with this kernel command line.',
    });
  const { layer, diagnostics } = parseCommandLine(line);
  requireValid(diagnostics);
  const { config } = merge([layer]);
  const request = requestOf(args, { ...flags, fromCommandLine: true }, config);
  const checked = withWarnings(request, diagnostics, layer);
  return { ...checked, warnings: [...startWarnings(config), ...(checked.warnings ?? [])] };
}

/** What keeps the installer from starting, or from going on by itself. */
function startWarnings(config: Config): Diagnostic[] {
  const warning = (key: KeyName, message: string): Diagnostic => ({
    severity: 'warning',
    place: { file: commandLineName },
    key,
    message,
  });
  const starts = config['bos.mode'] === 'install' || config['bos.fallback_mode'] === 'install';
  return [
    ...(starts ? [] : [warning('bos.mode', 'is not install, so the installer would not start')]),
    ...(config['bos.install.silent'] === true
      ? []
      : [warning('bos.install.silent', 'is not given, so the installer would ask')]),
  ];
}
