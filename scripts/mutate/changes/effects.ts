/**
 * Which statements may do something that outlasts them: write, flush, remove, start a program. The order of two that only
 * look decides no more than which of two answers comes first.
 *
 * A function is followed to where it is defined; a member (`.x`) is told by its name alone. In doubt it is an effect:
 * when one of several members of a name has one, or when what is called is a parameter or has no name.
 */
import { posix } from 'node:path';
import type { AnyNode } from 'acorn';
import { syntaxOf } from '../syntax.ts';

/** Whether a statement of this file may have an effect. */
export type Effects = (file: string, statement: AnyNode) => boolean;

const words = (text: string) => new Set(text.trim().split(/\s+/));
const unknown = '?';

/** What changes something: of the ports, of Node.js's streams and files; and what is not known. */
const changing = words(`
  .write .writeAtomic .append .makeDir .makeTempDir .remove .rename .copy .resize .symlink .chmod .chown .lchown .sync
  .dropCache .openFolder .run .start .kill .request .send .end .writeFile .mkdir .mkdtemp .rm .rmdir .unlink .truncate
  .cp .copyFile .datasync ${unknown}
`);

/** What only looks, whoever implements it: the ports, and members that the language has too. */
const looking = words(`
  .read .readInto .readText .readNoFollow .readLink .realPath .exists .stat .list .freeSpace .isHeld .digest .which
  .identify .now .monotonic .push .map .filter .find .get .has .set .add .entries .keys .values .next .replace .resolve
  .slice .subarray .at .join .some .every .then .catch .toString .from .test .match .includes .compare
`);

/** Functions of the language. */
const language = words(`
  Array BigInt Boolean Buffer DataView Date Error Map Number Object Promise RegExp Set String TextDecoder TextEncoder URL
  Uint8Array WeakMap structuredClone super
`);

/** Of a project with these sources, by their paths. */
export function effectsOf(sources: ReadonlyMap<string, string>): Effects {
  const bodies: { readonly file: string; readonly name: string; readonly node: AnyNode }[] = [];
  const imports = new Map<string, string>();
  for (const [file, text] of sources)
    syntaxOf(text).walk((node, [parent]) => {
      for (const [local, target] of importsOf(file, node)) imports.set(`${file}#${local}`, target);
      const name = nameOf(node, parent);
      if (name !== undefined)
        bodies.push({ file, name: name.startsWith('.') ? name : `${file}#${name}`, node });
    });
  const defined = new Set(bodies.map(({ name }) => name));

  /** By the name under which it is defined; undefined for what has no effect. */
  function target(file: string, name: string): string | undefined {
    if (name.startsWith('.')) return looking.has(name) ? undefined : name;
    const found = imports.get(`${file}#${name}`) ?? `${file}#${name}`;
    if (defined.has(found)) return found;
    return language.has(name) || found === outside ? undefined : unknown;
  }
  const called = (file: string, node: AnyNode) => {
    const given = handedIn(node).filter((name) =>
      defined.has(imports.get(`${file}#${name}`) ?? `${file}#${name}`),
    );
    return [...calledIn(node), ...given].flatMap((name) => target(file, name) ?? []);
  };
  const callers = new Map<string, string[]>();
  for (const { file, name, node } of bodies)
    for (const found of called(file, node)) callers.set(found, [...(callers.get(found) ?? []), name]);
  const effects = new Set(changing);
  // A set is gone through with what is added on the way.
  for (const name of effects) for (const caller of callers.get(name) ?? []) effects.add(caller);
  return (file, statement) => called(file, statement).some((name) => effects.has(name));
}

/** Of a package or of Node.js itself, of which none but the host's can change anything. */
const outside = 'outside';

function importsOf(file: string, node: AnyNode): [local: string, target: string][] {
  if (node.type !== 'ImportDeclaration') return [];
  const from = `${node.source.value}`;
  const path = posix.join(posix.dirname(file), from);
  return node.specifiers.map((one) => {
    const name =
      one.type === 'ImportSpecifier' && one.imported.type === 'Identifier' ? one.imported.name : '*';
    return [one.local.name, from.startsWith('.') ? `${path}#${name}` : outside];
  });
}

/** The name under which a function, or a class with its constructor, is called. */
function nameOf(node: AnyNode, parent: AnyNode | undefined): string | undefined {
  if (node.type === 'FunctionDeclaration' || node.type === 'ClassDeclaration') return node.id?.name;
  if (parent?.type === 'VariableDeclarator' && parent.init === node)
    return isFunction(node) && parent.id.type === 'Identifier' ? parent.id.name : undefined;
  if (
    parent?.type !== 'Property' &&
    parent?.type !== 'MethodDefinition' &&
    parent?.type !== 'PropertyDefinition'
  )
    return undefined;
  if (parent.value !== node || !(isFunction(node) || node.type === 'Identifier')) return undefined;
  const { key } = parent;
  return key.type === 'Identifier' || key.type === 'PrivateIdentifier' ? `.${key.name}` : undefined;
}

const isFunction = ({ type }: AnyNode) => type === 'FunctionExpression' || type === 'ArrowFunctionExpression';

/** What is called in it, or waited for. */
function calledIn(node: AnyNode): string[] {
  const found: string[] = [];
  if (node.type === 'CallExpression' || node.type === 'NewExpression') found.push(calleeOf(node.callee));
  // A promise, or pieces, of work that was begun elsewhere.
  if (node.type === 'AwaitExpression' && isPlain(node.argument)) found.push(unknown);
  if (node.type === 'ForOfStatement' && node.await && isPlain(node.right)) found.push(unknown);
  return [...found, ...childrenOf(node).flatMap(calledIn)];
}

/** Names that may be those of functions which somebody else calls. */
function handedIn(node: AnyNode): string[] {
  const given = node.type === 'CallExpression' || node.type === 'NewExpression' ? node.arguments : [];
  const names = [node, ...given].flatMap((one) => (one.type === 'Identifier' ? one.name : []));
  return [
    ...names,
    ...childrenOf(node).flatMap((child) => (child.type === 'Identifier' ? [] : handedIn(child))),
  ];
}

const childrenOf = (node: AnyNode): AnyNode[] =>
  Object.values(node)
    .flat()
    .filter((value): value is AnyNode => typeof value?.type === 'string');

const isPlain = ({ type }: AnyNode) => type === 'Identifier' || type === 'MemberExpression';

function calleeOf(callee: AnyNode): string {
  if (callee.type === 'Identifier') return callee.name;
  if (callee.type === 'Super') return 'super';
  if (callee.type !== 'MemberExpression' || callee.computed) return unknown;
  const { property } = callee;
  return property.type === 'Identifier' || property.type === 'PrivateIdentifier'
    ? `.${property.name}`
    : unknown;
}
