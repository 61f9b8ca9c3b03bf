/** Whether what a command makes can have the name it was given: asked before anything is made. */
import { dirname, resolve } from 'node:path';
import { errorCode, refused } from '../errors.ts';
import type { FileStat, Host } from './ports.ts';

export interface OutputFileOptions {
  /** A file that exists is replaced. */
  readonly force: boolean;
  /** What to do about a file that exists. */
  readonly hint: string;
  /** Of the error for what exists. */
  readonly code?: string;
}

type Place = Pick<Host, 'files' | 'system'>;

/**
 * `output` as the person named it. Throws OpsError (refused) `output-folder` for a folder that does not exist,
 * `output-exists` for what is in the way.
 */
export async function requireOutputFile(
  host: Place,
  output: string,
  { force, hint, code = 'output-exists' }: OutputFileOptions,
): Promise<void> {
  await requireFolder(host, dirname(output));
  if (output.endsWith('/') || (await behindLinks(host, output))?.type === 'directory')
    throw refused(code, `${output} is a folder; name a file`);
  const stat = await host.files.stat(resolve(host.system.cwd(), output));
  if (stat === undefined || (force && stat.type === 'file')) return;
  throw refused(code, force ? `${output} is not a file` : `${output} exists`, {
    hint: force ? 'Name another file.' : hint,
  });
}

/** `folder` as the person named it. Throws OpsError (refused) `output-folder`. */
export async function requireFolder(host: Place, folder: string): Promise<void> {
  const stat = await behindLinks(host, folder);
  if (stat?.type === 'directory') return;
  throw refused(
    'output-folder',
    stat === undefined ? `The folder ${folder} does not exist` : `${folder} is not a folder`,
    { hint: 'Make it, or name another one.' },
  );
}

async function behindLinks({ files, system }: Place, path: string): Promise<FileStat | undefined> {
  try {
    return await files.stat(await files.realPath(resolve(system.cwd(), path)));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}
