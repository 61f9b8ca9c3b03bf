/** `ds=nocloud` on the kernel command line, as cloud-init takes it. Every boot looks for it. Pure. */

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
