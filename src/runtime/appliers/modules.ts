/**
 * bos.modules: what is not in the kernel yet is loaded, by one modprobe for all that have no parameters. It runs in the new root in the first
 * two phases too, where /usr/lib/modules is in place. A module that is there costs no process.
 */
import { messageWithDetails } from '../../errors.ts';
import type { ApplyContext } from './applier.ts';
import { applier, throwAll } from './applier.ts';

const timeoutMs = 60_000;

export const modulesApplier = applier({
  key: 'bos.modules',
  once: true,
  apply: async (context, names) => {
    const { run } = context.host.processes;
    const words = names.map((name) => name.trim().split(/[ \t]+/));
    const parameters = new Map(words.map(([name = '', ...rest]) => [underscored(name), rest]));
    const parametersOf = (name: string) => parameters.get(underscored(name)) ?? [];
    const missing = await notLoaded(
      context,
      words.map(([name = '']) => name),
    );
    const faults: string[] = [];
    const loadAlone = (name: string) =>
      run('modprobe', ['--', name, ...parametersOf(name)], { timeoutMs }).catch((error) =>
        faults.push(fault(name, error)),
      );
    for (const name of missing) if (parametersOf(name).length > 0) await loadAlone(name);
    const plain = missing.filter((name) => parametersOf(name).length === 0);
    try {
      // It goes on after a module that fails.
      if (plain.length > 0) await run('modprobe', ['-a', '--', ...plain], { timeoutMs });
    } catch {
      // Which ones failed, and why, each alone says best. Another name of a loaded module does not fail.
      for (const name of await notLoaded(context, plain)) await loadAlone(name);
    }
    throwAll(faults);
  },
});

/** Those of the names, each once, that the kernel has neither built in nor loaded. */
async function notLoaded({ host, path }: ApplyContext, names: readonly string[]): Promise<string[]> {
  const readText = (file: string) => host.files.readText(path(file)).catch(() => '');
  const version = (await readText('/proc/sys/kernel/osrelease')).trim();
  // proc(5): the name begins the line. modules.builtin: a path, such as kernel/fs/ext4/ext4.ko, in each.
  const loaded = (await readText('/proc/modules')).split('\n').map((line) => line.split(' ')[0] ?? '');
  const builtIn = (await readText(`/usr/lib/modules/${version}/modules.builtin`))
    .split('\n')
    .map((line) => line.replace(/^.*\//, '').replace(/\.ko$/, ''));
  const there = new Set([...loaded, ...builtIn].map(underscored));
  return [...new Map(names.map((name) => [underscored(name), name])).entries()]
    .filter(([name]) => !there.has(name))
    .map(([, name]) => name);
}

/** In names of modules `-` and `_` are the same (modprobe(8)). */
const underscored = (name: string): string => name.replaceAll('-', '_');

function fault(name: string, error: unknown): string {
  const message = messageWithDetails(error);
  return /not found in directory/.test(message)
    ? `there is no module ${name} for the running kernel`
    : `the module ${name} cannot be loaded: ${message}`;
}
