/** Mutations of the ordinary kind: comparisons, boundaries, conditions, numbers, texts, results, statements. */
import type { AnyNode } from 'acorn';
import type { Edit } from '../mutation.ts';
import { calledName, type Syntax } from '../syntax.ts';

const swapped: Readonly<Record<string, readonly [operator: string, other: string]>> = {
  '<': ['boundary', '<='],
  '<=': ['boundary', '<'],
  '>': ['boundary', '>='],
  '>=': ['boundary', '>'],
  '===': ['comparison', '!=='],
  '!==': ['comparison', '==='],
  '&&': ['condition', '||'],
  '||': ['condition', '&&'],
  '-': ['arithmetic', '+'],
  '*': ['arithmetic', '/'],
  '/': ['arithmetic', '*'],
  '%': ['arithmetic', '*'],
  '<<': ['arithmetic', '>>'],
  '>>': ['arithmetic', '<<'],
  '>>>': ['arithmetic', '<<'],
  '&': ['arithmetic', '|'],
  '|': ['arithmetic', '&'],
  '^': ['arithmetic', '&'],
};

export function ordinaryEdits(node: AnyNode, parents: readonly AnyNode[], { text, of }: Syntax): Edit[] {
  const replaced = (
    operator: string,
    replacement: string,
    { start, end } = node as Edit | AnyNode,
  ): Edit[] => [{ operator, start, end, replacement }];
  switch (node.type) {
    case 'BinaryExpression':
    case 'LogicalExpression':
      return operatorEdits(node, text);
    case 'Literal':
      return literalEdits(node, parents);
    case 'TemplateLiteral':
      if (parents[0]?.type === 'TaggedTemplateExpression' || of(node) === '``') return [];
      return replaced('text emptied', '``');
    case 'ReturnStatement':
      return node.argument ? replaced('result dropped', 'undefined', node.argument) : [];
    case 'IfStatement':
    case 'WhileStatement':
    case 'ConditionalExpression':
      return replaced('condition negated', `!(${of(node.test)})`, node.test);
    case 'ExpressionStatement':
      // A directive, or the registration of what cannot be missed.
      if ('directive' in node || calledName(node.expression) === 'super') return [];
      return replaced('statement dropped', ';');
    default:
      return [];
  }
}

function operatorEdits(
  node: Extract<AnyNode, { type: 'BinaryExpression' | 'LogicalExpression' }>,
  text: string,
): Edit[] {
  const between = text.slice(node.left.end, node.right.start);
  const offset = between.indexOf(node.operator);
  const start = node.left.end + offset;
  const span = { start, end: start + node.operator.length };
  if (offset < 0) return [];
  if (node.operator === '+')
    return isText(node.left) || isText(node.right)
      ? []
      : [{ operator: 'arithmetic', ...span, replacement: '-' }];
  const found = swapped[node.operator];
  return found === undefined ? [] : [{ operator: found[0], ...span, replacement: found[1] }];
}

const isText = (node: AnyNode): boolean =>
  node.type === 'TemplateLiteral' ||
  (node.type === 'Literal' && typeof node.value === 'string') ||
  (node.type === 'BinaryExpression' && (isText(node.left) || isText(node.right)));

function literalEdits(node: Extract<AnyNode, { type: 'Literal' }>, [parent]: readonly AnyNode[]): Edit[] {
  const edit = (operator: string, replacement: string): Edit[] => [
    { operator, start: node.start, end: node.end, replacement },
  ];
  if (parent === undefined || /^(Import|Export)/.test(parent.type)) return [];
  if (parent.type === 'Property' && parent.key === node) return [];
  if (typeof node.value === 'boolean') return edit('boolean', `${!node.value}`);
  if (typeof node.value === 'number') return edit('number', `${node.value + 1}`);
  if (typeof node.value === 'bigint') return edit('number', `${node.value + 1n}n`);
  if (typeof node.value === 'string' && node.value !== '' && parent.type !== 'ExpressionStatement')
    return edit('text emptied', "''");
  return [];
}
