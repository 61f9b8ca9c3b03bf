/** Which file of src may import what: the directions of docs/architecture.md, as functions over plain rows. */
import { posix } from 'node:path';

/** A file of the project, its path relative to the root, and what it imports. */
export interface SourceFile {
  readonly path: string;
  readonly imports: readonly Import[];
}

export interface Import {
  /** As written. */
  readonly from: string;
  /** Erased before the program runs: `import type`. */
  readonly typeOnly: boolean;
}

/** A folder imports from rows above its own and from its own row, never from a row below. */
const rows: readonly (readonly string[])[] = [
  ['errors.ts', 'architectures.ts', 'formats', 'host'],
  ['config', 'disk', 'boot', 'media', 'oci'],
  ['plan'],
  ['steps'],
  ['operation'],
  ['iso', 'image', 'build', 'runtime', 'upgrade', 'kubernetes', 'patch', 'palette', 'install', 'vm'],
  ['serve'],
  ['cli'],
];

const outsideWorld =
  /^(node:)?(fs|fs\/promises|child_process|net|http|https|http2|tls|dgram|dns)$|^(got|execa|tar)$/;
/** The real machine: the one that opsctl runs on anywhere, and what a developer's adds. */
const realHost = /^src\/host\/(linux|workstation)\//;
/** The texts of grub/, which the bundle has inside: in a checkout they are read as an import would read them. */
const readsTexts = (path: string, from: string) =>
  path === 'src/boot/menus/grub-files.ts' && from === 'node:fs';
const conversation = /^@inquirer\/|^(listr2|commander)$/;

/** Every import of one text. Written for this code's style: Biome keeps it uniform. */
export function importsOf(text: string): Import[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const statements = code.matchAll(/^(?:import|export)\s+(type\s+)?(?:[\w*{}\s,$]+?\sfrom\s+)?'([^']+)'/gm);
  const calls = code.matchAll(/(typeof\s+)?\bimport\('([^']+)'\)(\.[A-Z])?/g);
  return [
    ...[...statements].map(([, type, from = '']) => ({ from, typeOnly: type !== undefined })),
    ...[...calls].map(([, query, from = '', name]) => ({ from, typeOnly: (query ?? name) !== undefined })),
  ];
}

/** One line per import that goes where it must not. */
export function forbiddenImports(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, imports }) =>
    imports.flatMap((one) => {
      const why = reason(path, one);
      return why === undefined ? [] : [`${path} imports ${one.from}: ${why}`];
    }),
  );
}

function reason(path: string, { from, typeOnly }: Import): string | undefined {
  if (!from.startsWith('.')) {
    if (!typeOnly && outsideWorld.test(from) && !realHost.test(path) && !readsTexts(path, from)) {
      return 'only src/host touches the machine';
    }
    if (conversation.test(from) && !path.startsWith('src/cli/')) return 'only src/cli talks to a person';
    return undefined;
  }
  const target = resolved(path, from);
  // Data, such as the machine profiles of qemu/, is not code.
  if (!target.startsWith('src/')) return target.endsWith('.json') ? undefined : 'it is outside src';
  if (realHost.test(target) && !realHost.test(path) && !path.startsWith('src/cli/')) {
    return 'only src/cli constructs the real host';
  }
  const [own, other] = [rowOf(path), rowOf(target)];
  if (own === -1 || other === -1) return 'its folder has no row in test/house/import-rules.ts';
  return other > own ? 'imports point from cli towards formats' : undefined;
}

/** Each cycle of files once, and each cycle of folders that share a row. */
export function cycles(files: readonly SourceFile[]): string[] {
  const byFile = new Map(files.map((file) => [file.path, targets(file)]));
  const byFolder = new Map<string, Set<string>>();
  for (const [path, imported] of byFile) {
    const own = folderOf(path);
    for (const target of imported.map(folderOf)) {
      if (target !== own) byFolder.set(own, (byFolder.get(own) ?? new Set()).add(target));
    }
  }
  return [...cyclesIn(byFile), ...cyclesIn(new Map([...byFolder].map(([name, set]) => [name, [...set]])))];
}

/** Files that no entry point reaches, type imports included. */
export function orphans(files: readonly SourceFile[], entries: readonly string[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const reached = new Set<string>();
  const queue = [...entries];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const file = byPath.get(path);
    if (file === undefined || reached.has(path)) continue;
    reached.add(path);
    queue.push(...targets(file));
  }
  return files.map(({ path }) => path).filter((path) => path.startsWith('src/') && !reached.has(path));
}

const resolved = (path: string, from: string) => posix.normalize(posix.join(posix.dirname(path), from));
const targets = ({ path, imports }: SourceFile) =>
  imports.filter(({ from }) => from.startsWith('.')).map(({ from }) => resolved(path, from));
const folderOf = (path: string) => path.split('/')[1] ?? '';
const rowOf = (path: string) => rows.findIndex((row) => row.includes(folderOf(path)));

function cyclesIn(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found = new Set<string>();
  const finished = new Set<string>();
  const visit = (node: string, above: readonly string[]): void => {
    const start = above.indexOf(node);
    if (start >= 0) {
      found.add([...above.slice(start), node].join(' → '));
      return;
    }
    if (finished.has(node)) return;
    for (const next of graph.get(node) ?? []) visit(next, [...above, node]);
    finished.add(node);
  };
  for (const node of graph.keys()) visit(node, []);
  return [...found];
}
