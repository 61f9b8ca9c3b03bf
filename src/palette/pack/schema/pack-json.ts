/**
 * What a pack.json may hold: the JSON Schema of Palette's documentation ("Add a Custom Pack"), written down as data, but
 * for the kinds of clouds and add-ons, which grow with every release and are looked at by rules.
 */
import { listOf, mapOf, object, type Schema, text } from '../../../kubernetes/schema/schema.ts';

const notEmpty = { type: 'string', notEmpty: true } as const satisfies Schema;

export const layers = ['kernel', 'os', 'k8s', 'cni', 'csi', 'addon'] as const;
const layer = { type: 'string', oneOf: layers } as const satisfies Schema;

const dependency = object(
  {
    packName: notEmpty,
    layer,
    minVersion: text,
    maxVersion: text,
    type: { type: 'string', oneOf: ['required', 'optional', 'notSupported', 'upgrade'] },
  },
  ['packName', 'layer', 'type'],
);

const component = object(
  {
    scheduleType: { type: 'string', oneOf: ['all', 'control-plane', 'worker'] },
    resourceRequestParamRef: text,
    replicaCountParamRef: text,
  },
  ['scheduleType'],
);

const resource = object(
  {
    type: { type: 'string', oneOf: ['cpu', 'memory', 'diskSize'] },
    minLimit: { type: 'number' },
    components: listOf(component),
  },
  ['type'],
);

export const packJsonSchema = object(
  {
    name: notEmpty,
    displayName: notEmpty,
    version: notEmpty,
    layer,
    group: text,
    cloudTypes: listOf(text),
    cloudType: text,
    eol: text,
    addonType: text,
    addonSubType: text,
    charts: listOf(text),
    kubeManifests: listOf(text),
    annotations: mapOf(text),
    constraints: object({ dependencies: listOf(dependency), resources: listOf(resource) }),
  },
  ['name', 'displayName', 'version', 'layer'],
);

/** Not in the schema, but in packs: why a version was pushed once more. */
export const undocumentedKeys: readonly string[] = ['commit_msg'];

/** Those of the documentation; others are only warned of. */
export const cloudTypes: readonly string[] = [
  ...['all', 'aws', 'azure', 'gcp', 'vsphere', 'openstack', 'baremetal', 'maas', 'aks', 'eks', 'edge'],
  ...['edge-native', 'coxedge'],
];

/** Those of the documentation. Packs write them with a blank or a hyphen. */
export const addonTypes: readonly string[] = [
  ...['logging', 'monitoring', 'load balancer', 'authentication', 'ingress', 'security', 'ai'],
  ...['app services', 'network', 'storage', 'registry', 'servicemesh', 'system app'],
];
