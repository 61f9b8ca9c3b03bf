/** What a command knows of the datastore of DCP, and what it says of it. */
import { dirname } from 'node:path';
import type { Deployment } from '../../boot/deployment.ts';
import { formatBytes } from '../../formats/size.ts';
import type { Host } from '../../host/ports.ts';
import { type Datastore, datastoreOf, keepingFolder } from './datastore.ts';
import { folderSize } from './folder-size.ts';
import { type Aside, asidePath, type Kept, keptPath, readDatastoreRecord } from './record.ts';

/** With the path at which it lies. */
type Placed<T> = T & { readonly path: string };

export type DatastoreView =
  | Extract<Datastore, { readonly kind: 'unkept' }>
  | {
      readonly kind: 'local';
      readonly path: string;
      /** Bytes of the datastore, in whole blocks. */
      readonly bytes: number;
      /** The DCP that it belongs to, once that was recorded. */
      readonly owner?: string;
      readonly kept?: Placed<Kept>;
      readonly aside: readonly Placed<Aside>[];
    };

/** Undefined where this node has no datastore. Throws `datastore-record` (refused) and what reading throws. */
export async function viewDatastore(host: Host, root: string): Promise<DatastoreView | undefined> {
  const found = await datastoreOf(host, root);
  if (found?.kind !== 'local') return found;
  const { path, folder } = found;
  const record = await readDatastoreRecord(host.files, folder);
  const { kept, aside = [], owner } = record ?? {};
  return {
    ...{ kind: 'local', path, bytes: await folderSize(host.files, path) },
    ...(owner === undefined ? {} : { owner }),
    // What a person has moved away is not set back.
    ...(kept !== undefined && (await host.files.exists(keptPath(folder, kept)))
      ? { kept: { ...kept, path: keptPath(folder, kept) } }
      : {}),
    aside: aside.map((one) => ({ ...one, path: asidePath(folder, one) })),
  };
}

/**
 * What becomes of the datastore with the first start of `to` after `from`. nothing: its DCP stays, or there is nothing yet.
 * Pure.
 */
export function changeOf(
  view: DatastoreView | undefined,
  from: Pick<Deployment, 'dcp'>,
  to: Pick<Deployment, 'dcp'>,
): 'nothing' | 'unkept' | 'set-back' | 'copy' {
  if (view === undefined || from.dcp === null || to.dcp === null || from.dcp === to.dcp) return 'nothing';
  if (view.kind === 'unkept') return 'unkept';
  if (view.owner === to.dcp) return 'nothing';
  if (view.kept?.dcp === to.dcp) return 'set-back';
  return view.bytes === 0 ? 'nothing' : 'copy';
}

/** The same for a person, a line each; none for nothing. Pure. */
export function datastoreNotes(
  view: DatastoreView | undefined,
  from: Deployment,
  to: Deployment,
): readonly string[] {
  const change = changeOf(view, from, to);
  if (view === undefined || change === 'nothing') return [];
  if (view.kind === 'unkept') return [unkept[view.why](view.path)];
  const { kept, owner = from.dcp, bytes, path } = view;
  if (change === 'copy' || kept === undefined)
    return [
      `Before DCP ${to.dcp} starts, the datastore of DCP ${owner} (${formatBytes(bytes)}) is copied; a return sets it back.`,
    ];
  return [
    `The datastore of DCP ${to.dcp} of ${minutes(kept.at)} is set back with the next start. What DCP ${owner} has ` +
      `written since then is put aside in ${dirname(path)}/${keepingFolder}/aside.`,
  ];
}

const unkept = {
  cluster: (path: string) =>
    `The datastore of DCP (${path}) is an etcd, which may be that of a cluster of several servers: it is neither kept nor ` +
    'set back. Save a snapshot first: dcp etcd-snapshot save.',
  mount: (path: string) =>
    `The datastore of DCP (${path}) is a file system of its own: it is neither kept nor set back. Save a copy first.`,
} as const;

/** What a person may remove, a line each. Pure. */
export const asideLines = (view: DatastoreView | undefined): readonly string[] =>
  view?.kind === 'local'
    ? view.aside.map(
        ({ dcp, path, bytes }) =>
          `the datastore of DCP ${dcp} put aside takes ${formatBytes(bytes)}: ${path}`,
      )
    : [];

export const minutes = (time: string): string => `${time.slice(0, 16).replace('T', ' ')} UTC`;
