/** Patches of objects: JSON merge patch, and of strategic merge patch what kubectl sends for the kinds of this server. */
import { badRequest } from './status.ts';

type Value = unknown;
type Fields = Record<string, Value>;

const isMap = (value: Value): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** RFC 7386, section 2. */
export function mergePatch(target: Value, patch: Value): Value {
  if (!isMap(patch)) return patch;
  const result: Fields = isMap(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = mergePatch(result[name], value);
  }
  return result;
}

/** Lists whose entries are merged by a key (the patchMergeKey of core/v1); all others are replaced. */
const mergeKeys: Readonly<Record<string, string>> = {
  'metadata.ownerReferences': 'uid',
  'status.conditions': 'type',
  'status.addresses': 'type',
};

/** "Strategic merge patch" of the API conventions, without the directives that kubectl has no use for here. */
export function strategicPatch(target: Value, patch: Value, path = ''): Value {
  if (!isMap(patch)) return patch;
  const result: Fields = isMap(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (name.startsWith('$setElementOrder/') || name === '$retainKeys') continue;
    if (name.startsWith('$'))
      throw badRequest(`the directive ${name} is not known to the API server of the tests`);
    const where = path === '' ? name : `${path}.${name}`;
    const key = mergeKeys[where];
    if (value === null) delete result[name];
    else if (Array.isArray(value) && key !== undefined)
      result[name] = mergedList(result[name], value, key, where);
    else result[name] = strategicPatch(result[name], value, where);
  }
  return result;
}

function mergedList(target: Value, patch: readonly Value[], key: string, path: string): Value {
  const list: Value[] = Array.isArray(target) ? [...target] : [];
  for (const entry of patch) {
    if (!isMap(entry)) throw badRequest(`${path} must have objects`);
    const index = list.findIndex((one) => isMap(one) && one[key] === entry[key]);
    const { $patch: directive, ...fields } = entry;
    if (directive === 'delete') list.splice(index, index === -1 ? 0 : 1);
    else if (index === -1) list.push(fields);
    else list[index] = strategicPatch(list[index], fields, `${path}[]`);
  }
  return list;
}

/** By the content type of a PATCH. */
export function patched(contentType: string, target: Value, patch: Value): Value {
  const [type] = contentType.split(';');
  if (type === 'application/merge-patch+json') return mergePatch(target, patch);
  if (type === 'application/strategic-merge-patch+json') return strategicPatch(target, patch);
  throw badRequest(`patches of type ${type} are not known to the API server of the tests`);
}
