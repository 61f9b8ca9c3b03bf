/**
 * What a Plan may hold: the schema of the controller's own CustomResourceDefinition, written down from
 * pkg/crds/yaml/generated/upgrade.cattle.io_plans.yaml of rancher/system-upgrade-controller (commit 10dc220, made by
 * controller-gen 0.19; the fields of 0.20). Same names, types, formats, required fields and enumerations; the pod's
 * parts are those of Kubernetes' core/v1.
 */
import { daySpellings } from '../../formats/time/window.ts';
import { anything, flag, int32, int64, listOf, mapOf, type ObjectSchema, object, text } from './schema.ts';

export const planGroup = 'upgrade.cattle.io';
export const planVersion = `${planGroup}/v1`;
export const planKind = 'Plan';
/** The controller that this is the schema of. */
export const controllerVersion = '0.20';

/** A quantity, as the definition has it: `1`, `100m`, `64Mi`. */
export const quantity =
  /^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$/;

export const selectorSchema: ObjectSchema = object({
  matchExpressions: listOf(object({ key: text, operator: text, values: listOf(text) }, ['key', 'operator'])),
  matchLabels: mapOf(text),
});

const reference = object({ name: text, optional: flag });
const keyOf = object({ key: text, name: text, optional: flag }, ['key']);

const environment = object(
  {
    name: text,
    value: text,
    valueFrom: object({
      configMapKeyRef: keyOf,
      fieldRef: object({ apiVersion: text, fieldPath: text }, ['fieldPath']),
      fileKeyRef: object({ key: text, optional: flag, path: text, volumeName: text }, [
        'key',
        'path',
        'volumeName',
      ]),
      resourceFieldRef: object(
        { containerName: text, divisor: { type: 'int-or-string', pattern: quantity }, resource: text },
        ['resource'],
      ),
      secretKeyRef: keyOf,
    }),
  },
  ['name'],
);

const profile = object({ localhostProfile: text, type: text }, ['type']);

const securityContext = object({
  allowPrivilegeEscalation: flag,
  appArmorProfile: profile,
  capabilities: object({ add: listOf(text), drop: listOf(text) }),
  privileged: flag,
  procMount: text,
  readOnlyRootFilesystem: flag,
  runAsGroup: int64,
  runAsNonRoot: flag,
  runAsUser: int64,
  seLinuxOptions: object({ level: text, role: text, type: text, user: text }),
  seccompProfile: profile,
  windowsOptions: object({
    gmsaCredentialSpec: text,
    gmsaCredentialSpecName: text,
    hostProcess: flag,
    runAsUserName: text,
  }),
});

const container = object(
  {
    args: listOf(text),
    command: listOf(text),
    envFrom: listOf(object({ configMapRef: reference, prefix: text, secretRef: reference })),
    envs: listOf(environment),
    image: text,
    securityContext,
    volumes: listOf(
      object({ destination: text, name: text, source: text }, ['destination', 'name', 'source']),
    ),
  },
  ['image'],
);

const spec = object(
  {
    channel: text,
    concurrency: int64,
    cordon: flag,
    drain: object({
      deleteEmptydirData: flag,
      deleteLocalData: flag,
      disableEviction: flag,
      force: flag,
      gracePeriod: int32,
      ignoreDaemonSets: flag,
      podSelector: selectorSchema,
      skipWaitForDeleteTimeout: int64,
      timeout: { type: 'int-or-string' },
    }),
    exclusive: flag,
    imagePullSecrets: listOf(object({ name: text })),
    jobActiveDeadlineSecs: int64,
    nodeSelector: selectorSchema,
    postCompleteDelay: text,
    postCompleteLabels: mapOf(text),
    prepare: container,
    priorityClassName: text,
    secrets: listOf(
      object({ defaultMode: int32, ignoreUpdates: flag, name: text, path: text }, ['name', 'path']),
    ),
    serviceAccountName: text,
    tolerations: listOf(
      object({ effect: text, key: text, operator: text, tolerationSeconds: int64, value: text }),
    ),
    upgrade: container,
    version: text,
    window: object({
      days: listOf({ type: 'string', oneOf: daySpellings }, 1),
      endTime: text,
      startTime: text,
      timeZone: text,
    }),
  },
  ['upgrade'],
);

/** Metadata of an object that is written by hand or was read from a cluster (meta/v1, ObjectMeta). */
const metadata = object({
  annotations: mapOf(text),
  creationTimestamp: anything,
  deletionGracePeriodSeconds: anything,
  deletionTimestamp: anything,
  finalizers: listOf(text),
  generateName: text,
  generation: anything,
  labels: mapOf(text),
  managedFields: anything,
  name: text,
  namespace: text,
  ownerReferences: anything,
  resourceVersion: anything,
  selfLink: anything,
  uid: anything,
});

export const planSchema: ObjectSchema = object(
  { apiVersion: text, kind: text, metadata, spec, status: anything },
  ['metadata', 'spec'],
);
