/**
 * Where the configuration of a running system comes from, in the order in which later wins: the system's file,
 * the kernel command line, the local file, config.d by name. A source that cannot be read is reported and the
 * rest applies.
 */
import { join } from 'node:path';
import type { Host } from '../host/ports.ts';
import { parseCommandLine } from './command-line.ts';
import type { Layer, LayerKind, Parsed } from './config.ts';
import { emptyLayer } from './config.ts';
import type { Diagnostic } from './diagnostics.ts';
import type { Merged } from './merge.ts';
import { merge } from './merge.ts';

export const systemConfigPath = '/bos/system/config.yaml';
export const localConfigFolder = '/var/lib/bhojpur/os';
/** Before the state's var is bound to /var, its files are seen here. */
export const stateVar = '/run/bos/state/bos/data/var';

export interface Sources {
  readonly layers: readonly Layer[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads every source below `root` (`/` in the OS). Paths in diagnostics are those of the running system. */
export async function readSources(host: Host, root: string): Promise<Sources> {
  const local = await localFolder(host, root);
  const names = (await host.files.list(join(root, local, 'config.d'))).filter(
    (name) => !name.startsWith('.'),
  );
  const parsed = [
    await readFile(host, root, systemConfigPath, 'system'),
    await readCommandLine(host, root),
    await readFile(host, root, `${local}/config.yaml`, 'local'),
  ];
  for (const name of names) parsed.push(await readFile(host, root, `${local}/config.d/${name}`, 'local'));
  return {
    layers: parsed.map(({ layer }) => layer),
    diagnostics: parsed.flatMap(({ diagnostics }) => diagnostics),
  };
}

/** The effective configuration and everything that was wrong with its sources. */
export async function loadConfig(
  host: Host,
  root: string,
): Promise<Merged & { readonly diagnostics: readonly Diagnostic[] }> {
  const { layers, diagnostics } = await readSources(host, root);
  return { ...merge(layers), diagnostics };
}

async function localFolder(host: Host, root: string): Promise<string> {
  const beforeMount = join(stateVar, 'lib/bhojpur/os');
  return (await host.files.exists(join(root, beforeMount))) ? beforeMount : localConfigFolder;
}

async function readFile(host: Host, root: string, path: string, kind: LayerKind): Promise<Parsed> {
  let data: Buffer;
  try {
    data = await host.files.read(join(root, path));
  } catch (error) {
    if (code(error) === 'ENOENT') return { layer: emptyLayer(kind), diagnostics: [] };
    return unreadable(path, kind, error);
  }
  // Loaded here: many systems have no file at all, and the YAML parser takes a while to load.
  const { parseConfigYaml } = await import('./yaml.ts');
  return parseConfigYaml(data, path, kind);
}

async function readCommandLine(host: Host, root: string): Promise<Parsed> {
  try {
    return parseCommandLine(await host.files.readText(join(root, '/proc/cmdline')));
  } catch (error) {
    return unreadable('/proc/cmdline', 'command-line', error);
  }
}

const code = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

function unreadable(path: string, kind: LayerKind, error: unknown): Parsed {
  const reason = code(error) ?? (error instanceof Error ? error.message : String(error));
  const message = `cannot be read (${reason}); the other sources apply without it`;
  return { layer: emptyLayer(kind), diagnostics: [{ severity: 'error', place: { file: path }, message }] };
}
