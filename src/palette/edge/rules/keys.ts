/** Keys: documented ones, where they belong, with values of their type. */
import { didYouMean } from '../../../config/nearest.ts';
import {
  type Path,
  pathText,
  type SchemaFault,
  schemaFaults,
} from '../../../kubernetes/schema/check-schema.ts';
import type { Located } from '../../../kubernetes/schema/located.ts';
import { type ObjectSchema, object, type Schema } from '../../../kubernetes/schema/schema.ts';
import { networkSchema, siteSchema, stylusSchema } from '../schema/stylus.ts';
import { installSchema, stageNames, userDataSchema } from '../schema/user-data.ts';
import type { Report, UserData, UserDataRule } from '../user-data-view.ts';

export const keyRules: UserDataRule = (data, report) => {
  if (data.root.kind !== 'map') {
    if (data.root.kind === 'list' || data.root.value !== null)
      report('error', data.root.offset, 'expected a map, such as stylus: with keys below it');
    return;
  }
  for (const fault of schemaFaults(data.root, userDataSchema, 'user-data')) {
    if (fault.unknown === true) unknownKey(data, fault, report);
    else report('error', fault.path, fault.message);
  }
  const stylus = data.at('stylus');
  if (stylus?.kind === 'map') emptyKeys(data, stylus, stylusSchema, ['stylus'], report);
  if (stylus?.kind === 'word' && stylus.value === null) emptyStylus(data, report);
};

/** The part of user-data that a key was found in, and what its keys are. */
interface Home {
  readonly path: readonly string[];
  readonly schema: ObjectSchema;
}

const topSchema = object({ stylus: stylusSchema, install: installSchema, stages: { type: 'any' } });

/** In the order in which a key is looked for elsewhere. */
const homes: readonly Home[] = [
  { path: ['stylus', 'site'], schema: siteSchema },
  { path: ['stylus'], schema: stylusSchema },
  { path: ['stylus', 'site', 'network'], schema: networkSchema },
  { path: ['stylus', 'externalRegistries'], schema: stylusSchema.fields.externalRegistries as ObjectSchema },
  { path: ['install'], schema: installSchema },
  { path: [], schema: topSchema },
];

const homeOf = (name: string): Home | undefined =>
  homes.find(({ schema }) => Object.hasOwn(schema.fields, name));

function unknownKey(data: UserData, { path, offset = 0 }: SchemaFault, report: Report): void {
  const name = String(path.at(-1));
  const above = path.slice(0, -1);
  const spot = offset;
  const stage = name.replace(/\.(?:before|after)$/, '');
  if (above.length === 0 && stageNames.some((known) => known === stage)) {
    report('error', spot, `${name} is a stage; it belongs below stages, indented`);
    return;
  }
  const home = homeOf(name);
  if (home !== undefined) {
    misplaced(data, { path, spot, home: home.path }, report);
    return;
  }
  const siblings = Object.keys(schemaAt(userDataSchema, above)?.fields ?? {});
  const near = didYouMean(name, siblings) || didYouMean(name, allPaths());
  const where = pathText(above) === '' ? 'user-data' : pathText(above);
  report('warning', spot, `${pathText(path)} is not a documented key of ${where}${near}`);
}

interface Misplaced {
  readonly path: Path;
  readonly spot: number;
  readonly home: readonly string[];
}

function misplaced(data: UserData, { path, spot, home }: Misplaced, report: Report): void {
  const name = String(path.at(-1));
  const right = pathText([...home, name]);
  // An example of the documentation has both of them here, and nothing seems to refuse it.
  const documented = pathText(path.slice(0, -1)) === 'stylus.site' && ['debug', 'trace'].includes(name);
  if (documented) {
    report('warning', spot, `${pathText(path)} is not read here, though an example has it; write ${right}`);
    return;
  }
  const parent = home.length === 0 ? 'the top, without indentation' : pathText(home);
  const twice = data.has(...home, name) ? `; ${right} is there, too, so remove one of them` : '';
  report('error', spot, `${pathText(path)} belongs to ${parent}${twice || `: ${right}`}`);
}

/** `stylus.site.network.interfaces` and so on, of what people look for. */
const allPaths = (): readonly string[] =>
  homes.flatMap(({ path, schema }) => Object.keys(schema.fields).map((name) => pathText([...path, name])));

/** The object that a path leads to, by the schema. */
function schemaAt(schema: Schema, path: Path): ObjectSchema | undefined {
  let found: Schema | undefined = schema;
  for (const part of path) {
    if (found === undefined) return undefined;
    found = found.type === 'list' ? found.items : belowOf(found, String(part));
  }
  return found?.type === 'object' ? found : undefined;
}

/** A known key with nothing behind it: the installer's own check refuses null ("Expected: string, given: null"). */
function emptyKeys(data: UserData, value: Located, schema: Schema, path: Path, report: Report): void {
  if (value.kind === 'list' && schema.type === 'list')
    for (const [index, item] of value.items.entries())
      emptyKeys(data, item, schema.items, [...path, index], report);
  if (value.kind !== 'map' || schema.type === 'any') return;
  for (const [name, { keyOffset, value: below }] of value.entries) {
    const own = [...path, name];
    const field = belowOf(schema, name);
    if (field === undefined || field.type === 'any') continue;
    if (below.kind === 'word' && below.value === null)
      report('error', keyOffset, emptyText(data, own, keyOffset));
    else emptyKeys(data, below, field, own, report);
  }
}

function belowOf(schema: Schema, name: string): Schema | undefined {
  if (schema.type === 'map') return schema.values;
  if (schema.type === 'object' && Object.hasOwn(schema.fields, name)) return schema.fields[name];
  return undefined;
}

function emptyText({ source }: UserData, path: Path, offset: number): string {
  const [line = ''] = source.slice(offset).split('\n', 1);
  const comment = /:\s+#\s*\S/.test(line) && /:\s+#\S/.test(line);
  return comment
    ? `${pathText(path)} has nothing behind it: # begins a comment; write the value in quotes`
    : `${pathText(path)} has nothing behind it; give it a value, or leave it out`;
}

/** Lines that have lost their indentation: what belongs below is told one by one. */
function emptyStylus(data: UserData, report: Report): void {
  const stray = data.names().some((name) => name !== 'stylus' && homeOf(name)?.path[0] === 'stylus');
  report(
    'error',
    ['stylus'],
    stray
      ? 'has nothing below it: indent what follows'
      : 'has nothing below it; give it keys, or leave it out',
  );
}
