/** Refusals of the API server, in the words and with the codes of Kubernetes (meta/v1, Status). */
import type { ResourceType } from './resources.ts';

export interface StatusCause {
  readonly reason?: string;
  readonly message: string;
  readonly field?: string;
}

export class ApiFault extends Error {
  readonly code: number;
  readonly reason: string;
  readonly causes: readonly StatusCause[];

  constructor(code: number, reason: string, message: string, causes: readonly StatusCause[] = []) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.causes = causes;
  }

  get status() {
    const { code, reason, message, causes } = this;
    return {
      ...{ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code },
      ...(causes.length === 0 ? {} : { details: { causes } }),
    };
  }
}

/** `nodes`, `plans.upgrade.cattle.io`. */
const qualified = ({ resource, group }: ResourceType) => (group === '' ? resource : `${resource}.${group}`);

export const notFound = (type: ResourceType, name: string) =>
  new ApiFault(404, 'NotFound', `${qualified(type)} "${name}" not found`);
export const exists = (type: ResourceType, name: string) =>
  new ApiFault(409, 'AlreadyExists', `${qualified(type)} "${name}" already exists`);
export const conflict = (type: ResourceType, name: string) =>
  new ApiFault(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(type)} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
  );
export const expired = (version: string) =>
  new ApiFault(410, 'Expired', `too old resource version: ${version}`);
export const badRequest = (message: string) => new ApiFault(400, 'BadRequest', message);
export const invalid = (type: ResourceType, name: string, causes: readonly StatusCause[]) =>
  new ApiFault(
    422,
    'Invalid',
    `${type.kind}.${type.group} "${name}" is invalid: ${causes.map(({ field, message }) => `${field}: ${message}`).join(', ')}`,
    causes,
  );
export const forbidden = (type: ResourceType, name: string, why: string) =>
  new ApiFault(403, 'Forbidden', `${qualified(type)}${name === '' ? '' : ` "${name}"`} is forbidden: ${why}`);
