/**
 * opsctl as one executable: the pinned Node.js without its symbols, with the bundle inside (Node.js, "Single executable
 * applications"). It runs where there is a glibc with libstdc++, and nothing else of ours.
 */
import { sha256File } from '../../host/digest.ts';
import type { Host } from '../../host/ports.ts';
import type { Stage } from '../stage.ts';
import { codeCacheOf } from './overlay.ts';

/** Puts the bundle into Node.js as an ELF note, below the project's root. As a program, so that no bundle carries it. */
export const injector = 'node_modules/postject/dist/cli.js';

/** What Node.js looks for in itself, and the place that says that there is something to look for. */
const note = 'NODE_SEA_BLOB';
// In two parts: this code lies in the executable too, where the whole word may stand only once.
const fuse = ['NODE_SEA_FUSE', 'fce680ab2cc467b6e072b8b5df1996b2'].join('_');

/**
 * The bundle's own code cache is an asset, where it is one for this architecture; Node's covers what is compiled at the start alone, saves 1 ms and has other
 * bytes each time. No snapshot: the bundle looks at the process that it starts in.
 */
const settingsFor = (codeCache: boolean) => ({
  main: 'opsctl.cjs',
  output: 'opsctl.blob',
  disableExperimentalSEAWarning: true,
  useSnapshot: false,
  useCodeCache: false,
  assets: codeCache ? { 'opsctl.cache': 'opsctl.cache' } : {},
});

/** Makes `opsctl`. Paths are absolute; `runner` is the Node.js of the same version that runs here. */
export async function executableStage(
  host: Host,
  needs: Readonly<Record<'node', Stage>>,
  from: {
    readonly bundle: string;
    readonly injector: string;
    readonly runner: string;
    readonly codeCache: boolean;
  },
): Promise<Stage<'node'>> {
  const settings = settingsFor(from.codeCache);
  const cache = from.codeCache ? [codeCacheOf(from.bundle)] : [];
  const digests = await Promise.all(
    [from.bundle, ...cache, from.injector, from.injector.replace(/cli\.js$/, 'api.js')].map((path) =>
      sha256File(host.files, path),
    ),
  );
  return {
    name: 'executable',
    title: 'Make the single executable',
    inputs: { digests, settings, note, fuse },
    needs,
    make: async ({ folder, from: { node: nodeFolder }, percent }) => {
      const { files, processes } = host;
      const node = `${nodeFolder}/node`;
      // Bytes that depend on no path: everything is named from the folder.
      const inFolder = { cwd: folder };
      const bundle = await files.readText(from.bundle);
      // The line stays, so that stacks have the lines of the bundle.
      await files.write(`${folder}/${settings.main}`, bundle.replace(/^#!.*/, ''));
      for (const path of cache) await files.copy(path, `${folder}/opsctl.cache`);
      await files.write(`${folder}/sea.json`, JSON.stringify(settings));
      await processes.run(from.runner, ['--experimental-sea-config', 'sea.json'], inFolder);
      percent(20);
      await files.copy(node, `${folder}/opsctl`);
      await processes.run(
        from.runner,
        [from.injector, 'opsctl', note, settings.output, '--sentinel-fuse', fuse],
        inFolder,
      );
      await files.chmod(`${folder}/opsctl`, 0o755);
      for (const name of [settings.main, settings.output, 'opsctl.cache', 'sea.json'])
        await files.remove(`${folder}/${name}`);
    },
  };
}
