/** What `opsctl patch drain-config` does. */
import { requireValid } from '../../../config/diagnostics.ts';
import { configuredDrain, drainParameters, drainRows } from '../../../config/patch/drain-parameters.ts';
import { merge } from '../../../config/sources/merge.ts';
import { loadConfig } from '../../../config/sources/sources.ts';
import { errorCode, exitCodes, usage } from '../../../errors.ts';
import type { Host } from '../../../host/ports.ts';
import { cannotRead } from '../../../host/system-error.ts';
import { type ReadDrainConfig, readDrainConfig, renderDrainConfig } from '../../../patch/drain/config-map.ts';
import type { CommandAction } from '../../command.ts';
import { nameOf, parseNamed, readNamed } from '../config/read-files.ts';

/** Throws OpsError (usage): `drain-options`, `drain-config`, `config-invalid`. */
export const drainConfig: CommandAction = async ({ host, terminal }, [file], options) => {
  if (file === undefined) {
    terminal.out(await rendered(host, options));
    return 0;
  }
  if (options.cluster !== undefined || options.config !== undefined)
    throw usage('drain-options', 'A file is checked as it is: it goes with neither --cluster nor --config', {
      hint: 'Leave out the file to print a ConfigMap.',
    });
  const named = String(file);
  const bytes = await readNamed(host, named).catch((cause: unknown) => {
    if (errorCode(cause) === undefined) throw cause;
    throw cannotRead('drain-config', nameOf(named), cause);
  });
  const read = readDrainConfig(Buffer.from(bytes).toString('utf8'));
  if (typeof read === 'string') throw usage('drain-config', `${nameOf(named)} ${read}`);
  terminal.out(meaning(read));
  for (const fault of read.faults) terminal.err(`${nameOf(named)}: ${fault}\n`);
  return read.faults.length === 0 ? 0 : exitCodes.usage;
};

const uidPattern = /^[a-z0-9]([a-z0-9-]{0,53}[a-z0-9])?$/;

async function rendered(host: Host, { cluster, config }: Readonly<Record<string, unknown>>): Promise<string> {
  const uid = String(cluster ?? '');
  if (!uidPattern.test(uid))
    throw usage(
      'drain-options',
      cluster === undefined ? 'The cluster was not named' : `${uid} is not the uid of a cluster`,
      {
        hint: 'Its namespace is cluster-UID: opsctl patch drain-config --cluster UID.',
      },
    );
  return renderDrainConfig(uid, drainParameters(configuredDrain(await configOf(host, config))));
}

async function configOf(host: Host, file: unknown) {
  if (file === undefined) return (await loadConfig(host, '/', { cloud: true })).config;
  const { layer, diagnostics } = await parseNamed(host, String(file));
  requireValid(diagnostics);
  return merge([layer]).config;
}

/** A line for each parameter: its value in kubectl's units, and where it comes from. */
function meaning({ drain }: ReadDrainConfig): string {
  const all = drainParameters({}, drain);
  const rows = drainRows.map(({ name, flag, unit }) => {
    const seconds = unit === 'none' ? '' : ' s';
    return [`${name}`, `${all[name]}${seconds}`, flag, drain[name] === undefined ? '(default)' : ''];
  });
  const width = (column: number) => Math.max(...rows.map((row) => (row[column] ?? '').length));
  return rows
    .map(
      (row) =>
        `${row
          .map((text, column) => text.padEnd(width(column)))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
