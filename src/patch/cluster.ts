/** What a node asks its cluster before a patch: how it is to be drained, and whether somebody wants it patched. */
import type { Config } from '../config/config.ts';
import { configuredDrain, type DrainParameters, drainParameters } from '../config/patch/drain-parameters.ts';
import { usage } from '../errors.ts';
import type { Host } from '../host/ports.ts';
import { ToolFailed } from '../host/tool-failed.ts';
import { type ClusterAccess, kubectl, unreachable } from './drain/access.ts';
import { clusterNamespacePrefix, drainConfigName, drainOf } from './drain/config-map.ts';

interface Options {
  readonly signal?: AbortSignal | undefined;
  readonly say: (line: string) => void;
}

interface FoundMap {
  readonly metadata: { readonly namespace: string };
  readonly data?: Readonly<Record<string, string>>;
}

/**
 * What config.yaml says, else the ConfigMap of the cluster, else the documented default, for each parameter. Throws OpsError:
 * `drain-config` (usage) for a ConfigMap that says what cannot be meant, `cluster-unreachable` (refused).
 */
export async function drainParametersOf(
  host: Pick<Host, 'processes'>,
  access: ClusterAccess,
  config: Config,
  options: Options,
): Promise<DrainParameters> {
  const found = await clusterConfig(host, access, options);
  if (found === undefined) return drainParameters(configuredDrain(config));
  const { drain, faults } = drainOf(found.data ?? {});
  const place = `${found.metadata.namespace}/${drainConfigName}`;
  if (faults.length > 0)
    throw usage('drain-config', `The ConfigMap ${place} is faulty`, {
      details: faults,
      hint: '`opsctl patch drain-config FILE` checks one, and without a file prints one.',
    });
  return drainParameters(configuredDrain(config), drain);
}

/** Undefined where there is none, or where this node may not look or cannot tell which is its own. */
async function clusterConfig(
  host: Pick<Host, 'processes'>,
  access: ClusterAccess,
  { signal, say }: Options,
): Promise<FoundMap | undefined> {
  const query = [
    'get',
    'configmaps',
    '-A',
    '--field-selector',
    `metadata.name=${drainConfigName}`,
    '-o',
    'json',
  ];
  let stdout: string;
  try {
    ({ stdout } = await kubectl(host, access, query, { signal }));
  } catch (error) {
    if (!(error instanceof ToolFailed) || !/forbidden/i.test(error.stderr)) throw unreachable(access, error);
    say(`This node may not read the ConfigMap ${drainConfigName}: its own configuration counts.`);
    return undefined;
  }
  const { items = [] } = JSON.parse(stdout) as { items?: readonly FoundMap[] };
  const own = items.filter(({ metadata }) => metadata.namespace.startsWith(clusterNamespacePrefix));
  if (own.length <= 1) return own[0];
  const places = own.map(({ metadata }) => metadata.namespace).join(', ');
  say(
    `${drainConfigName} is there for several clusters (${places}): the configuration of this node alone counts.`,
  );
  return undefined;
}
