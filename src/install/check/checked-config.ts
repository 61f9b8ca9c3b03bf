/**
 * Whether the configuration that an installation brings can be used without anybody looking at it: somebody can log
 * in, and nothing of what was written about joining or logging in is lost without a word.
 */
import { type Diagnostic, formatDiagnostic } from '../../config/diagnostics.ts';
import { hasLogin } from '../../config/keys/login.ts';
import { refused } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { shownUrl } from '../../media/shown-url.ts';
import { transportWarnings } from '../medium/trust.ts';
import type { InstallRequest } from '../request.ts';
import { type FetchOptions, type InstalledConfig, installedConfig } from './fetch-config.ts';

export interface CheckedConfig extends InstalledConfig {
  /** Of the file and of the kernel command line; a person sees them before the yes. */
  readonly warnings: readonly Diagnostic[];
}

/** Throws what fetching throws, `no-login` and `config-warnings` (refused). */
export async function checkedConfig(
  host: Host,
  request: InstallRequest,
  options: FetchOptions = {},
): Promise<CheckedConfig> {
  const config = await installedConfig(host, request.configUrl, request.config, options);
  requireLogin(request, config);
  const warnings = [...transportWarnings(request), ...(request.warnings ?? []), ...config.warnings];
  if (request.silent && !request.allowWarnings) refuseUnseen(warnings);
  return { ...config, warnings };
}

/** A warning that somebody sees is enough; nobody sees those of a silent installation in time. */
function refuseUnseen(warnings: readonly Diagnostic[]): void {
  const grave = warnings.filter(({ about }) => about !== undefined);
  if (grave.length === 0) return;
  throw refused(
    'config-warnings',
    'The configuration has warnings about how this node joins or is logged in to',
    {
      details: grave.map(formatDiagnostic),
      hint: 'Fix what is listed, or allow it with --allow-warnings (bos.install.allow_warnings).',
    },
  );
}

function requireLogin(request: InstallRequest, { config }: InstalledConfig): void {
  if (request.allowNoLogin || hasLogin(config)) return;
  throw refused(
    'no-login',
    'Nobody could log in to the installed system: it has neither a key nor a password',
    {
      details: request.configUrl === undefined ? [] : [`read: ${shownUrl(request.configUrl)}`],
      hint:
        'Give ssh_authorized_keys or bos.password in the configuration or on the kernel command line, ' +
        'or allow it with --allow-no-login (bos.install.allow_no_login).',
    },
  );
}
