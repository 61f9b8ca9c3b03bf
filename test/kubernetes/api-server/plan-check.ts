/** A Plan as the API server takes it: by the schema of the controller's definition, which `opsctl plan validate` has too. */
import { parseDocument } from 'yaml';
import { pathText, schemaFaults } from '../../../src/kubernetes/schema/check-schema.ts';
import { locate } from '../../../src/kubernetes/schema/located.ts';
import { planSchema } from '../../../src/kubernetes/schema/plan-schema.ts';
import type { ResourceType } from './resources.ts';
import { badRequest, invalid } from './status.ts';

/** Throws 422 for values of a wrong kind, and 400 for unknown fields where the client asked for that. */
export function checkPlan(type: ResourceType, plan: object, strict: boolean): void {
  // JSON is YAML, and the schema is compared with values that know where they stand.
  const root = locate(parseDocument(JSON.stringify(plan)), () => {});
  const faults = schemaFaults(root, planSchema, 'a Plan').map(({ path, message }) => ({
    field: pathText(path),
    message,
  }));
  const unknown = faults.filter(({ message }) => message.startsWith('is not a field'));
  const wrong = faults.filter((fault) => !unknown.includes(fault));
  const name = String((plan as { metadata?: { name?: unknown } }).metadata?.name ?? '');
  if (wrong.length > 0) throw invalid(type, name, wrong);
  if (strict && unknown.length > 0)
    throw badRequest(
      `strict decoding error: ${unknown.map(({ field }) => `unknown field "${field}"`).join(', ')}`,
    );
}
