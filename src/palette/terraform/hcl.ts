/** Blocks and attributes of Terraform's configuration language, laid out as `terraform fmt` does. Pure. */
import { heredoc, isHeredoc, quoted } from './hcl-text.ts';

/** What another block gives: `data.spectrocloud_pack.os.id`. */
export interface Expression {
  readonly expression: string;
}

export type HclValue =
  | string
  | boolean
  | Expression
  | readonly string[]
  /** Of texts or maps by name. */
  | { readonly named: Readonly<Record<string, HclValue>> };

export interface Attribute {
  readonly name: string;
  readonly value: HclValue;
}

export interface Block {
  readonly block: string;
  readonly labels?: readonly string[];
  readonly body: Body;
}

/** In this order; a block has an empty line before it. */
export type Body = readonly (Attribute | Block)[];

/** Attributes whose value is given, in order. */
export const attributes = (values: Readonly<Record<string, HclValue | undefined>>): readonly Attribute[] =>
  Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));

export const renderHcl = (blocks: readonly Block[]): string =>
  blocks.map((block) => `${blockLines(block, '').join('\n')}\n`).join('\n');

function blockLines({ block, labels = [], body }: Block, indent: string): readonly string[] {
  const head = [block, ...labels.map(quoted)].join(' ');
  if (body.length === 0) return [`${indent}${head} {`, `${indent}}`];
  return [`${indent}${head} {`, ...bodyLines(body, `${indent}  `), `${indent}}`];
}

function bodyLines(body: Body, indent: string): readonly string[] {
  const lines: string[] = [];
  let aligned: Row[] = [];
  const flush = () => {
    lines.push(...alignedLines(aligned, indent));
    aligned = [];
  };
  for (const item of body)
    if ('block' in item) {
      flush();
      if (lines.length > 0) lines.push('');
      lines.push(...blockLines(item, indent));
    } else {
      const row = { name: item.name, ...valueLines(item.value, indent) };
      // What is in brackets over several lines is not aligned with what stands before and behind it.
      if (row.brackets) flush();
      aligned.push(row);
      if (row.brackets) flush();
    }
  flush();
  return lines;
}

interface Row {
  readonly name: string;
  readonly lines: readonly string[];
  readonly brackets: boolean;
}

function alignedLines(rows: readonly Row[], indent: string): readonly string[] {
  const width = Math.max(0, ...rows.map(({ name }) => name.length));
  return rows.flatMap(({ name, lines: [first = '', ...more] }) => [
    `${indent}${name.padEnd(width)} = ${first}`,
    ...more,
  ]);
}

function valueLines(value: HclValue, indent: string): Omit<Row, 'name'> {
  if (typeof value === 'string')
    return isHeredoc(value)
      ? { lines: heredoc(value, indent), brackets: false }
      : { lines: [quoted(value)], brackets: false };
  if (typeof value === 'boolean') return { lines: [String(value)], brackets: false };
  if ('expression' in value) return { lines: [value.expression], brackets: false };
  if ('named' in value) return mapLines(value.named, indent);
  return { lines: [`[${value.map(quoted).join(', ')}]`], brackets: false };
}

function mapLines(map: Readonly<Record<string, HclValue>>, indent: string): Omit<Row, 'name'> {
  const body = Object.entries(map).map(([name, value]) => ({ name: keyOf(name), value }));
  if (body.length === 0) return { lines: ['{}'], brackets: false };
  return { lines: ['{', ...bodyLines(body, `${indent}  `), `${indent}}`], brackets: true };
}

/** A name without quotes is one that no expression could be. */
const keyOf = (name: string): string =>
  /^[a-z][a-z0-9_]*$/.test(name) && !['true', 'false', 'null', 'for'].includes(name) ? name : quoted(name);
