/** Runs `opsctl config` and its subcommands. */
import { commandLineName, parseCommandLine } from '../../../config/command-line/command-line.ts';
import type { LayerValue } from '../../../config/config.ts';
import type { Diagnostic } from '../../../config/diagnostics.ts';
import { configInvalid, formatPlace, hasErrors } from '../../../config/diagnostics.ts';
import { allNames, findKey, rows } from '../../../config/keys/keys.ts';
import { hideAddresses, hideSecrets } from '../../../config/keys/secrets.ts';
import { didYouMean } from '../../../config/nearest.ts';
import { loadConfig } from '../../../config/sources/sources.ts';
import { usage } from '../../../errors.ts';
import type { Host } from '../../../host/ports.ts';
import type { CommandAction, Terminal } from '../../command.ts';
import { faultsExit, tellFaults } from '../diagnostics-report.ts';
import { applyPhases, phasesNamed } from './apply-action.ts';
import { inOneLine, plainValue } from './plain-values.ts';

const root = '/';

export const applyConfig: CommandAction = async (context, _args, options) => {
  if (options.install === true) {
    if (options.initrd === true || options.boot === true)
      throw usage('phases-conflict', '--install cannot be combined with another phase');
    const { install } = await import('../install/action.ts');
    return install(context, [undefined, undefined], { fromCommandLine: true });
  }
  return applyPhases(context, phasesNamed(options));
};

export const showConfig: CommandAction = async ({ host, terminal }, [files], options) => {
  const named = listOf(files);
  const { config, origins, diagnostics } =
    named.length === 0 ? await loadConfig(host, root, { cloud: true }) : await loadNamed(host, named);
  const { renderConfigYaml } = await import('../../../config/render.ts');
  const shown = options.secrets === true ? config : hideSecrets(config);
  if (options.origins === true) {
    for (const { name } of rows) {
      const value: LayerValue | undefined = shown[name];
      if (value === undefined) continue;
      const places = (origins.get(name) ?? []).map(formatPlace).join(', ');
      terminal.out(`${name}: ${inOneLine(value)}  # ${places}\n`);
    }
  } else {
    terminal.out(renderConfigYaml(shown));
  }
  tell(terminal, diagnostics);
  return faultsExit(diagnostics);
};

/** What the files say together, as config.d takes them: later over earlier. */
async function loadNamed(host: Host, named: readonly string[]) {
  const { parseNamed } = await import('./read-files.ts');
  const { merge } = await import('../../../config/sources/merge.ts');
  const parsed = [];
  for (const name of named) parsed.push(await parseNamed(host, name));
  const diagnostics = parsed.flatMap((one) => one.diagnostics);
  return { ...merge(parsed.map(({ layer }) => layer)), diagnostics };
}

export const validateConfig: CommandAction = async ({ host, terminal }, [files], options) => {
  const diagnostics: Diagnostic[] = [];
  const line = options.cmdline;
  if (listOf(files).length === 0 && line === undefined)
    throw usage('nothing-to-validate', 'There is nothing to check', {
      hint: 'Name configuration files, or - for stdin, or give --cmdline TEXT.',
    });
  const judged = (name: string, found: readonly Diagnostic[]) => {
    if (!hasErrors(found)) terminal.out(`${name}: valid${withWarnings(found)}\n`);
    diagnostics.push(...found);
  };
  for (const file of listOf(files)) judged(file, await diagnose(host, file));
  if (typeof line === 'string') judged(commandLineName, parseCommandLine(line).diagnostics);
  if (hasErrors(diagnostics)) throw configInvalid(diagnostics);
  tell(terminal, diagnostics);
  return 0;
};

function withWarnings(diagnostics: readonly Diagnostic[]): string {
  const count = diagnostics.filter(({ severity }) => severity === 'warning').length;
  return count === 0 ? '' : count === 1 ? ', with a warning' : `, with ${count} warnings`;
}

async function diagnose(host: Host, named: string): Promise<readonly Diagnostic[]> {
  const { parseNamed } = await import('./read-files.ts');
  const { installerKeyWarnings } = await import('../../../config/checks/installer-keys.ts');
  const { passwordWarnings } = await import('../../../config/checks/weak-password.ts');
  const { patchTimeFaults } = await import('../../../config/checks/patch/times.ts');
  const { packedContentFaults } = await import('../../../config/checks/packed-content.ts');
  const { channelWarnings } = await import('../../../config/checks/patch/unsigned-channel.ts');
  const { layer, diagnostics } = await parseNamed(host, named);
  return [
    ...diagnostics,
    ...installerKeyWarnings(layer),
    ...passwordWarnings(layer),
    ...channelWarnings(layer),
    ...patchTimeFaults(layer, host.clock.now()),
    ...(await packedContentFaults(layer)),
  ];
}

export const getConfig: CommandAction = async ({ host, terminal }, [name], options) => {
  const wanted = String(name);
  const row = findKey(wanted);
  if (row === undefined) {
    throw usage('unknown-key', `${wanted} is not a key${didYouMean(wanted, allNames())}`, {
      hint: '`opsctl config schema` lists all keys.',
    });
  }
  const { config, diagnostics } = await loadConfig(host, root, { cloud: true });
  const fallback = 'default' in row ? row.default : undefined;
  const value: LayerValue | undefined = config[row.name] ?? fallback;
  if (value !== undefined && value !== null) {
    const isAsked = options.secrets === true || row.secret === true;
    terminal.out(plainValue(isAsked ? value : hideAddresses(row, value)));
  }
  tell(terminal, diagnostics);
  return 0;
};

export const printSchema: CommandAction = async ({ terminal }) => {
  const { configSchema } = await import('../../../config/keys/schema.ts');
  terminal.out(`${JSON.stringify(configSchema(), null, 2)}\n`);
  return 0;
};

function tell(terminal: Terminal, diagnostics: readonly Diagnostic[]): void {
  tellFaults(terminal, diagnostics);
}

const listOf = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === 'string' ? [value] : value;
