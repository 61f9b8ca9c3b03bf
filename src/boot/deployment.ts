/** A deployment: the three versions that boot together, as the boot environment names them. Pure. */

export interface Deployment {
  /** Names of folders under bos/system/{kernel,os,dcp}. */
  readonly kernel: string;
  readonly os: string;
  /** null for none. */
  readonly dcp: string | null;
}

/**
 * In the place of a version: the kernel is the board's own, over whose system this one was laid. It has no folder, and
 * no upgrade brings another.
 */
export const boardKernel = 'board';

export const components = ['kernel', 'os', 'dcp'] as const;
export type Component = (typeof components)[number];

/** Variables of the boot environment for the current deployment and the one before it. */
const prefixes = { current: 'bos', previous: 'bos_previous' } as const;

/** As what was booted is written down and as variables name it: an empty `dcp` for none. */
export const namedDeployment = ({ kernel, os, dcp }: Readonly<Record<Component, string>>): Deployment => ({
  kernel,
  os,
  dcp: dcp || null,
});

/** The deployment that these variables name; undefined when they name none. */
export function deploymentIn(
  variables: ReadonlyMap<string, string>,
  which: keyof typeof prefixes,
): Deployment | undefined {
  const value = (component: Component) => variables.get(`${prefixes[which]}_${component}`) ?? '';
  const [kernel, os, dcp] = [value('kernel'), value('os'), value('dcp')];
  return kernel && os ? namedDeployment({ kernel, os, dcp }) : undefined;
}

/** The variables that name it; without a deployment, those to take away. */
export function variablesOf(
  which: keyof typeof prefixes,
  deployment: Deployment | undefined,
): Record<string, string | undefined> {
  return Object.fromEntries(
    components.map((component) => [
      `${prefixes[which]}_${component}`,
      deployment === undefined ? undefined : (deployment[component] ?? ''),
    ]),
  );
}

export const sameDeployment = (a: Deployment | undefined, b: Deployment | undefined): boolean =>
  components.every((component) => a?.[component] === b?.[component]);

/** The folders that hold it, relative to the root of the file system. */
export const foldersOf = (deployment: Deployment): string[] =>
  components.flatMap((component) => {
    const version = deployment[component];
    return version === null || version === boardKernel ? [] : [`bos/system/${component}/${version}`];
  });

/** `0.2.0 (kernel 6.1.0-49-amd64, without DCP)` */
export const deploymentText = ({ kernel, os, dcp }: Deployment): string =>
  `${os} (${kernel === boardKernel ? 'the kernel of this board' : `kernel ${kernel}`}, ${dcp === null ? 'without DCP' : `DCP ${dcp}`})`;
