/** The keys of pack.json: known ones, in their spelling, with a value. */
import { type SchemaFault, schemaFaults } from '../../../kubernetes/schema/check-schema.ts';
import type { PackRule, PackView, Report } from '../pack-view.ts';
import { packJsonSchema, undocumentedKeys } from '../schema/pack-json.ts';

export const keyRules: PackRule = (pack, report) => {
  const { meta } = pack;
  if (meta.root.kind !== 'map') return;
  for (const fault of schemaFaults(meta.root, packJsonSchema, 'pack.json')) {
    const spot = fault.offset ?? fault.path;
    if (fault.unknown === true) unknownKey(pack, fault, report);
    else if (isMissingByCase(pack, fault) || isPlaceholder(meta.word(...fault.path))) continue;
    else if (fault.path.length === 1 && fault.path[0] === 'annotations') continue;
    else if (fault.unquoted === true)
      report(
        'error',
        meta,
        spot,
        fault.message,
        meta.replaced(fault.path, (raw) => `"${raw}"`),
      );
    else report('error', meta, spot, fault.message);
  }
  for (const [name, { value, keyOffset }] of meta.root.entries)
    if (value.kind === 'word' && value.value === null && !isRequired(name))
      report('error', meta, keyOffset, `gives ${name} without a value; leave it out`);
};

/** `<LAYER>`: copied from the documentation. */
export const isPlaceholder = (text: string): boolean => /^<[A-Z][A-Z0-9_ ]*>$/.test(text);

const isRequired = (name: string): boolean => packJsonSchema.required?.includes(name) === true;

const properSpelling = (name: string): string | undefined =>
  Object.keys(packJsonSchema.fields).find((key) => key.toLowerCase() === name.toLowerCase());

/** A required key that is there with other capitals is told of once. */
const isMissingByCase = ({ meta }: PackView, { path, message }: SchemaFault): boolean =>
  message === 'is missing' &&
  path.length === 1 &&
  meta.names().some((name) => name !== path[0] && properSpelling(name) === path[0]);

function unknownKey({ meta }: PackView, { path, offset, message }: SchemaFault, report: Report): void {
  const name = String(path.at(-1));
  if (path.length > 1 || !undocumentedKeys.includes(name)) {
    const proper = path.length === 1 ? properSpelling(name) : undefined;
    if (proper === undefined) {
      report('warning', meta, offset, `gives ${name}, which ${message}`);
      return;
    }
    const there = meta.has(proper);
    const edits =
      there || offset === undefined ? [] : [{ offset: offset + 1, length: name.length, text: proper }];
    const isNeeded = !there && isRequired(proper);
    const also = there
      ? ', which is there, too; remove one of them'
      : `; written so it is ${isNeeded ? 'missing' : 'passed over'}`;
    report(
      isNeeded ? 'error' : 'warning',
      meta,
      offset,
      `gives ${name}, whose name is ${proper}${also}`,
      edits,
    );
  }
}
