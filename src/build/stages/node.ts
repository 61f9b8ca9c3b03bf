/** The Node.js that runs opsctl in the OS: the pinned one without its symbols, and without what nobody reads there. */
import { type ArchitectureName, architectures } from '../../architectures.ts';
import { dropIcuItems } from '../../formats/executables/icu-data.ts';
import type { Host } from '../../host/ports.ts';
import type { Stage } from '../stage.ts';
import { stripProgram } from '../tools.ts';

/**
 * Of ICU's data, by their names behind `icudt78l/`. opsctl writes English, so the image is 10 MB smaller without the rest.
 */
const dropped: readonly RegExp[] = [
  // Locales: a language of two or three letters, in any of the trees.
  /(^|\/)(?!en[_.]|res_index\.)[a-z]{2,3}(_\w+)?\.res$/,
  /^translit\//,
  // Encodings of before Unicode, and the dictionaries that cut Thai or Chinese into words.
  /\.(cnv|dict)$/,
];

/** Whether the Node.js in the OS goes without an item, `icudt78l/curr/de.res`. */
export function isDropped(name: string): boolean {
  const item = name.slice(name.indexOf('/') + 1);
  return dropped.some((pattern) => pattern.test(item));
}

/** Makes `node`. `digest` is the SHA-256 of the file `node`, which is of `arch`. */
export function nodeStage(host: Host, arch: ArchitectureName, node: string, digest: string): Stage<never> {
  const strip = stripProgram(architectures[arch]);
  return {
    name: 'node',
    title: 'Strip Node.js',
    inputs: { digest, dropped: dropped.map(String) },
    tools: [strip],
    needs: {},
    make: async ({ folder }) => {
      const stripped = `${folder}/stripped`;
      await host.processes.run(strip, ['-o', stripped, node]);
      const program = await host.files.read(stripped);
      dropIcuItems(program, isDropped);
      await host.files.write(`${folder}/node`, program, { mode: 0o755 });
      await host.files.remove(stripped);
    },
  };
}
