/** What `opsctl plan` asks for when nothing is said. */
import {
  defaultDeadline,
  defaultDrain,
  defaultGateLimit,
  defaultImage,
  defaultName,
  defaultNamespace,
  defaultSelector,
  type PlanRequest,
} from '../../src/kubernetes/plan/request.ts';

export const request: PlanRequest = {
  name: defaultName,
  namespace: defaultNamespace,
  image: defaultImage,
  source: { version: 'v0.2.0' },
  roles: [],
  concurrency: 1,
  selector: defaultSelector('new'),
  tolerations: [],
  before: { drain: defaultDrain },
  window: undefined,
  deadline: defaultDeadline,
  pullSecrets: [],
  gate: { limit: defaultGateLimit },
};
