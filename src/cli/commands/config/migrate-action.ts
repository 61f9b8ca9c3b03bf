/** `opsctl config migrate`: a configuration of k3OS, as one that can be used here, and what is left to decide. */
import { installerKeyWarnings } from '../../../config/checks/installer-keys.ts';
import { packedContentFaults } from '../../../config/checks/packed-content.ts';
import { configInvalid, type Diagnostic, hasErrors } from '../../../config/diagnostics.ts';
import { migrateConfig } from '../../../config/migrate/migrate.ts';
import { parseConfigYaml } from '../../../config/yaml/yaml.ts';
import { exitCodes } from '../../../errors.ts';
import { requireOutputFile } from '../../../host/output-place.ts';
import { cannotRead } from '../../../host/system-error.ts';
import type { CommandAction } from '../../command.ts';
import { tellFaults } from '../diagnostics-report.ts';
import { nameOf, readNamed } from './read-files.ts';

export const migrate: CommandAction = async ({ host, terminal }, [named], options) => {
  const input = String(named);
  const output = typeof options.output === 'string' && options.output !== '-' ? options.output : undefined;
  if (output !== undefined)
    await requireOutputFile(host, output, {
      force: options.force === true,
      hint: 'Give another name with -o, or overwrite it with --force.',
    });
  const bytes = await readNamed(host, input).catch((cause: unknown) => {
    throw cannotRead('config-unreadable', nameOf(input), cause);
  });
  const before = parseConfigYaml(bytes, nameOf(input)).diagnostics;
  const unreadable = before.filter(({ key, about, severity }) => severity === 'error' && !key && !about);
  if (unreadable.length > 0) throw configInvalid(unreadable);
  const { text, notes } = migrateConfig(Buffer.from(bytes).toString('utf8'), nameOf(input));
  if (output === undefined) terminal.out(text);
  // It may hold secrets.
  else await host.files.writeAtomic(output, text, { mode: 0o600 });
  tellFaults(terminal, notes);
  const left = await faultsOf(text, output ?? 'stdout');
  tellFaults(terminal, left);
  terminal.err(`${verdict(left, output ?? 'The new configuration')}\n`);
  return hasErrors(left) ? exitCodes.usage : 0;
};

/** As `config validate` finds them. */
async function faultsOf(text: string, name: string): Promise<readonly Diagnostic[]> {
  const { layer, diagnostics } = parseConfigYaml(text, name);
  const found = [...diagnostics, ...installerKeyWarnings(layer), ...(await packedContentFaults(layer))];
  return found.filter(({ severity }) => severity !== 'note');
}

function verdict(left: readonly Diagnostic[], name: string): string {
  const errors = left.filter(({ severity }) => severity === 'error').length;
  if (errors === 0) return `${name} is valid.`;
  return `${name} has ${errors === 1 ? 'a fault' : `${errors} faults`} that you have to mend: see above.`;
}
