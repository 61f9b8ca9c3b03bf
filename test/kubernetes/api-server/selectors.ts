/** Which objects a list or a watch is about. */
import { matches, parseSelector } from '../../../src/kubernetes/values/selector.ts';
import type { Target } from './resources.ts';
import { badRequest } from './status.ts';
import type { Stored } from './store.ts';

/** The fields that can be selected by, of those kinds that have them. */
const fields: Readonly<Record<string, (object: Stored) => unknown>> = {
  'metadata.name': ({ metadata }) => metadata.name,
  'metadata.namespace': ({ metadata }) => metadata.namespace,
  'spec.nodeName': (object) => object.spec?.nodeName,
  'status.phase': (object) => object.status?.phase,
  'involvedObject.name': (object) => object.involvedObject?.name,
  'involvedObject.kind': (object) => object.involvedObject?.kind,
  'involvedObject.uid': (object) => object.involvedObject?.uid,
  'involvedObject.namespace': (object) => object.involvedObject?.namespace,
};

export function selection({ namespace, name }: Target, query: URLSearchParams): (object: Stored) => boolean {
  const labels = query.get('labelSelector') ?? '';
  const requirements = labels === '' ? [] : parseSelector(labels);
  if (typeof requirements === 'string') throw badRequest(`unable to parse requirement: ${requirements}`);
  const wanted = [...fieldsOf(query)];
  return (object) => {
    const { metadata } = object;
    if (namespace !== undefined && metadata.namespace !== namespace) return false;
    if (name !== undefined && metadata.name !== name) return false;
    if (!matches(requirements, metadata.labels ?? {})) return false;
    return wanted.every(([field, value, equal]) => (`${fields[field]?.(object) ?? ''}` === value) === equal);
  };
}

/** `spec.nodeName=n1,status.phase!=Failed`. */
export function fieldsOf(
  query: URLSearchParams,
): (readonly [field: string, value: string, equal: boolean])[] {
  const text = query.get('fieldSelector') ?? '';
  return text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const [, field = '', operator, value = ''] = /^([^!=]+)(!=|==?)(.*)$/.exec(part) ?? [];
      if (operator === undefined || fields[field] === undefined)
        throw badRequest(`field label not supported: ${field || part}`);
      return [field, value, operator !== '!='] as const;
    });
}
