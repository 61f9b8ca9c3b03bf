/**
 * The syntax tree of a TypeScript file. Node.js replaces types by blanks before it runs a file, so the tree of what is
 * left has the offsets of the file itself.
 */
import { stripTypeScriptTypes } from 'node:module';
import { type AnyNode, parse } from 'acorn';

export interface Syntax {
  readonly text: string;
  /** Calls `visit` for every node, with what it lies in, the nearest first. */
  walk(visit: (node: AnyNode, parents: readonly AnyNode[]) => void): void;
  /** The text of a node. */
  of(node: { readonly start: number; readonly end: number }): string;
}

export function syntaxOf(text: string): Syntax {
  const blanked = stripTypeScriptTypes(text);
  if (blanked.length !== text.length) throw new Error('types were not replaced by as many blanks');
  const program = parse(blanked, { ecmaVersion: 'latest', sourceType: 'module' });
  return {
    text,
    walk: (visit) => descend(program, [], visit),
    of: ({ start, end }) => text.slice(start, end),
  };
}

function descend(
  node: AnyNode,
  parents: readonly AnyNode[],
  visit: (node: AnyNode, parents: readonly AnyNode[]) => void,
): void {
  visit(node, parents);
  const inside = [node, ...parents];
  for (const value of Object.values(node))
    for (const child of Array.isArray(value) ? value : [value])
      if (isNode(child)) descend(child, inside, visit);
}

const isNode = (value: unknown): value is AnyNode =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';

/** What a call calls, the last name of it: `sync` of `file.sync()`, `redact` of `this.#redact(x)`. */
export function calledName(node: AnyNode): string | undefined {
  if (node.type !== 'CallExpression') return undefined;
  const { callee } = node;
  if (callee.type === 'Identifier') return callee.name;
  if (callee.type !== 'MemberExpression') return undefined;
  const { property } = callee;
  return property.type === 'Identifier' || property.type === 'PrivateIdentifier' ? property.name : undefined;
}

/** The name of a property in an object literal. */
export function keyOf(node: AnyNode): string | undefined {
  if (node.type !== 'Property' || node.computed) return undefined;
  return node.key.type === 'Identifier' ? node.key.name : undefined;
}
