/** Mutations that take away durability, an order, an undo, a lock, secrecy, a mode, or the reading back. */
import type { AnyNode } from 'acorn';
import type { Edit } from '../mutation.ts';
import { calledName, keyOf, type Syntax } from '../syntax.ts';

type Rule = (node: AnyNode, parents: readonly AnyNode[], syntax: Syntax) => Edit[];

/** What makes written data last, or a read come from the disk. */
const durable =
  /^(sync|fsync|datasync|syncfs|syncFolder|syncName|dropCache|dropCacheOf|flush|settle|settleDevices)$/;
const modes = /^(l?chmod|l?chown)$/;
const readBack = /^(verify\w*|expectOnDevice|expectMark|readBack)$/;

/** A call that is not made: gone as a statement, a promise of nothing anywhere else. */
function dropped(operator: string, node: AnyNode, parents: readonly AnyNode[]): Edit[] {
  const [parent, grandparent] = parents;
  const statement = parent?.type === 'AwaitExpression' ? grandparent : parent;
  if (statement?.type === 'ExpressionStatement')
    return [{ operator, start: statement.start, end: statement.end, replacement: ';' }];
  return [{ operator, start: node.start, end: node.end, replacement: 'Promise.resolve()' }];
}

const calls: Rule = (node, parents, { of }) => {
  const name = calledName(node);
  if (name === undefined || node.type !== 'CallExpression') return [];
  const [first] = node.arguments;
  if (durable.test(name)) return dropped('sync dropped', node, parents);
  if (name === 'run' && first?.type === 'Literal' && ['sync', 'umount'].includes(`${first.value}`))
    return dropped('sync dropped', node, parents);
  if (modes.test(name)) return dropped('mode dropped', node, parents);
  if (readBack.test(name)) return dropped('reading back dropped', node, parents);
  if (name === 'writeAtomic' && node.callee.type === 'MemberExpression')
    return [{ operator: 'atomic write plain', ...spanOf(node.callee.property), replacement: 'write' }];
  if (/redact$/i.test(name) && node.arguments.length === 1 && first !== undefined)
    return [{ operator: 'redaction dropped', ...spanOf(node), replacement: of(first) }];
  if (name === 'redactor')
    return [{ operator: 'redaction dropped', ...spanOf(node), replacement: '((text: string) => text)' }];
  if (name === 'secretsOf') return [{ operator: 'redaction dropped', ...spanOf(node), replacement: '[]' }];
  return locked(name, node, parents, of);
};

function locked(name: string, node: AnyNode, parents: readonly AnyNode[], of: Syntax['of']): Edit[] {
  if (node.type !== 'CallExpression') return [];
  const work = node.arguments.at(-1);
  if (/^with\w*Lock/.test(name) && work !== undefined)
    return [{ operator: 'lock dropped', ...spanOf(node), replacement: `(${of(work)})()` }];
  if (/^(take|acquire|release|drop)\w*(Lock|lock)$/.test(name)) return dropped('lock dropped', node, parents);
  return [];
}

const properties: Rule = (node, parents, syntax) => {
  const key = keyOf(node);
  if (node.type !== 'Property' || key === undefined || parents[0]?.type !== 'ObjectExpression') return [];
  const { value } = node;
  const literal = value.type === 'Literal' ? value.value : undefined;
  if (key === 'sync' && literal === true) return [without('sync dropped', node, parents[0], syntax)];
  // A word, or the schema of a number, is no permission.
  if (key === 'mode' && value.type === 'Literal' && value.raw === '0o644' && isAtomicWrite(parents[1]))
    return [];
  if (key === 'mode' && typeof literal !== 'string' && !syntax.of(value).startsWith('z.'))
    return [without('mode dropped', node, parents[0], syntax)];
  if (key === 'verify') return [without('reading back dropped', node, parents[0], syntax)];
  if (key === 'undo' && value.type === 'ObjectExpression') return undoGone(value.properties, value);
  if (['destructive', 'completes', 'secret'].includes(key) && literal === true)
    return [{ operator: `${key} denied`, ...spanOf(value), replacement: 'false' }];
  return [];
};

/** Which gives 0644, whatever the umask, when it is told no mode. */
const isAtomicWrite = (node: AnyNode | undefined) => node !== undefined && calledName(node) === 'writeAtomic';

function undoGone(fields: readonly AnyNode[], undo: AnyNode): Edit[] {
  const run = fields.find((field) => keyOf(field) === 'run');
  if (run?.type !== 'Property') return [];
  const edits: Edit[] = [
    { operator: 'undo denied', ...spanOf(undo), replacement: "{ kind: 'none' }" },
    { operator: 'undo emptied', ...spanOf(run), replacement: 'run: async () => {}' },
  ];
  return edits;
}

/** Modes as numbers: what others may not is allowed to them, or taken from them. */
const otherModes: Readonly<Record<string, string>> = {
  '0o600': '0o644',
  '0o644': '0o600',
  '0o700': '0o755',
  '0o755': '0o700',
  '0o640': '0o644',
  '0o440': '0o644',
  '0o400': '0o444',
};
const octal: Rule = (node) => {
  const other = node.type === 'Literal' ? otherModes[node.raw ?? ''] : undefined;
  return other === undefined ? [] : [{ operator: 'mode changed', ...spanOf(node), replacement: other }];
};

/** Flags of open(2), by name or as Node.js writes them. */
const flags: Rule = (node, _, { of }) => {
  if (node.type === 'Literal' && (node.value === 'wx' || node.value === 'ax'))
    return [{ operator: 'flag dropped', ...spanOf(node), replacement: node.value === 'wx' ? "'w'" : "'a'" }];
  if (node.type !== 'BinaryExpression' || node.operator !== '|') return [];
  return /\bO_(EXCL|NOFOLLOW|DIRECTORY|SYNC|DSYNC)$/.test(of(node.right))
    ? [{ operator: 'flag dropped', ...spanOf(node), replacement: of(node.left) }]
    : [];
};

const cleanUp: Rule = (node) =>
  node.type === 'TryStatement' && node.finalizer && node.finalizer.body.length > 0
    ? [{ operator: 'finally emptied', ...spanOf(node.finalizer), replacement: '{}' }]
    : [];

/** Two neighbours that wait for something, the other way round, where one of them is `such`. */
export function orderEdits(
  node: AnyNode,
  { text, of }: Syntax,
  such: (statement: AnyNode) => boolean,
): Edit[] {
  if (node.type !== 'BlockStatement' && node.type !== 'Program') return [];
  const statements = node.body as AnyNode[];
  return statements.flatMap((second, index) => {
    const first = statements[index - 1];
    if (first === undefined || !waits(first) || !waits(second) || !(such(first) || such(second))) return [];
    const between = text.slice(first.end, second.start);
    const replacement = of(second) + between + of(first);
    return [{ operator: 'order swapped', start: first.start, end: second.end, replacement }];
  });
}

function waits(statement: AnyNode): boolean {
  if (statement.type === 'ExpressionStatement') return holdsAwait(statement.expression);
  if (statement.type === 'ForOfStatement' || statement.type === 'ForStatement')
    return holdsAwait(statement.body);
  return statement.type === 'IfStatement' && holdsAwait(statement) && !leaves(statement.consequent);
}

/** Ends the function: what comes behind it is another case, not the next action. */
const leaves = (node: AnyNode): boolean =>
  /^(Return|Throw|Continue|Break)Statement$/.test(node.type) ||
  (node.type === 'BlockStatement' && node.body.some((statement) => leaves(statement)));

function holdsAwait(node: AnyNode): boolean {
  if (node.type === 'AwaitExpression') return true;
  if (/Function/.test(node.type)) return false;
  return Object.values(node).some((value) =>
    (Array.isArray(value) ? value : [value]).some(
      (child) => typeof child === 'object' && child !== null && 'type' in child && holdsAwait(child),
    ),
  );
}

const spanOf = ({ start, end }: { readonly start: number; readonly end: number }) => ({ start, end });

/** A property and the comma that belongs to it. */
function without(operator: string, property: AnyNode, object: AnyNode, { text }: Syntax): Edit {
  const comma = /^\s*,/.exec(text.slice(property.end, object.end));
  if (comma !== null)
    return { operator, start: property.start, end: property.end + comma[0].length, replacement: '' };
  const before = /,\s*$/.exec(text.slice(object.start, property.start));
  return { operator, start: property.start - (before?.[0].length ?? 0), end: property.end, replacement: '' };
}

const rules: readonly Rule[] = [calls, properties, octal, flags, cleanUp];

export function criticalEdits(
  node: AnyNode,
  parents: readonly AnyNode[],
  syntax: Syntax,
  hasEffect: (statement: AnyNode) => boolean,
): Edit[] {
  return [...rules.flatMap((rule) => rule(node, parents, syntax)), ...orderEdits(node, syntax, hasEffect)];
}
