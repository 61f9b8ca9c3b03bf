/**
 * Which instance a seed is for: what cloud-init runs once, it runs once for each of them. The kernel command line says it
 * (Raspberry Pi Imager writes `ds=nocloud;i=…` there), else the meta-data, else the content itself: then every change is
 * another instance. Pure.
 */
import { createHash } from 'node:crypto';

/** What `ds=nocloud` on the kernel command line says. */
export interface NoCloudArgument {
  readonly instance?: string;
  readonly hostname?: string;
  /** Another place that it names, which is not asked. */
  readonly seedFrom?: string;
}

/** Undefined when the command line does not ask for NoCloud. The last one counts, as for cloud-init. */
export function noCloudArgument(commandLine: string): NoCloudArgument | undefined {
  const words = commandLine.split(/\s+/).map((word) => word.replaceAll('"', ''));
  const [, rest] =
    /^ds=nocloud(?:-net)?((?:;.*)?)$/i.exec(words.findLast((word) => isNoCloud(word)) ?? '') ?? [];
  if (rest === undefined) return undefined;
  const fields = new Map(
    rest
      .split(';')
      .filter(Boolean)
      .map((field) => [field.replace(/=.*$/s, ''), field.replace(/^[^=]*=?/s, '')] as const),
  );
  const of = (...names: string[]) => names.map((name) => fields.get(name)).find(Boolean);
  const instance = of('i', 'instance-id');
  const hostname = of('h', 'local-hostname');
  const seedFrom = of('s', 'seedfrom');
  return {
    ...(instance === undefined ? {} : { instance }),
    ...(hostname === undefined ? {} : { hostname }),
    ...(seedFrom === undefined ? {} : { seedFrom }),
  };
}

const isNoCloud = (word: string): boolean => /^ds=nocloud(-net)?(;|$)/i.test(word);

/** `named` by the command line or the meta-data. */
export function instanceOf(named: readonly (string | undefined)[], contents: readonly Uint8Array[]): string {
  const said = named.find((name) => name !== undefined && name !== '');
  if (said !== undefined) return said;
  const hash = createHash('sha256');
  for (const content of contents) hash.update(`${content.length}\n`).update(content);
  return `content-${hash.digest('hex').slice(0, 32)}`;
}
