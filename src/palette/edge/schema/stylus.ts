/**
 * The documented keys below `stylus`: spectrocloud/librarium, docs/docs-content/clusters/edge/edge-configuration/
 * installer-reference.md (Palette 4.7), the tables and examples of earlier releases, and user-data.template of
 * spectrocloud/CanvOS.
 */
import { anything, flag, int32, listOf, mapOf, object, text } from '../../../kubernetes/schema/schema.ts';

const registry = object({
  domain: text,
  username: text,
  password: text,
  repositoryName: text,
  certificates: listOf(text),
  insecure: flag,
  encodedPassword: flag,
});

const networkInterface = object({ type: text, ipAddress: text, mask: text, gateway: text, nameserver: text });

export const networkSchema = object({
  httpProxy: text,
  httpsProxy: text,
  noProxy: text,
  nameserver: text,
  interfaces: mapOf(networkInterface),
});

export const siteSchema = object({
  caCerts: listOf(text),
  clusterId: text,
  clusterName: text,
  deviceUIDPaths: listOf(object({ name: text, regex: text })),
  edgeHostToken: text,
  hostName: text,
  insecureSkipVerify: flag,
  name: text,
  network: networkSchema,
  // A text by its table, "a list" by its description.
  ntpServers: anything,
  paletteEndpoint: text,
  prefix: text,
  projectName: text,
  projectUid: text,
  registrationURL: text,
  remoteShell: object({ disable: flag }),
  tags: mapOf(anything),
  tagsFromFile: object({ fileName: text, delimiter: text, separator: text }),
  tagsFromScript: object({ scriptName: text, timeout: int32 }),
  twoNode: object({ enabled: flag, 'health-check-script': text }),
  // A list by its table, and by the same table names with values.
  users: anything,
});

export const stylusSchema = object({
  debug: flag,
  disablePasswordUpdate: flag,
  disableTui: flag,
  // Local UI before it was called so.
  emcServer: object({ port: int32 }),
  enableMultiNode: flag,
  externalRegistries: object({ registries: listOf(registry), registryMappingRules: mapOf(text) }),
  featureGate: text,
  imageOverride: text,
  imageRedirectWebhook: object({ enable: flag, port: int32 }),
  includeTui: flag,
  installationMode: text,
  localUI: object({
    port: int32,
    login: object({
      attemptsBeforeExponentialDelayStarts: int32,
      disableRateLimiting: flag,
      lockoutDurationInMinutes: int32,
      maxFailedAttemptsBeforeLockout: int32,
    }),
  }),
  managementMode: text,
  path: text,
  registryCredentials: registry,
  site: siteSchema,
  skipKubeVip: flag,
  trace: flag,
  vip: object({ skip: flag }),
});

/** What `featureGate` may list. */
export const featureGates = ['UserDataForm', 'DisableWorkerNodeCapReconcile'] as const;
