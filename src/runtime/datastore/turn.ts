/** What has to become of the datastore before a DCP is started. Pure. */
import type { DatastoreRecord } from '../../upgrade/datastore/record.ts';

export interface Seen {
  /** The DCP that is to be started. */
  readonly dcp: string;
  /** There is a datastore. */
  readonly exists: boolean;
  readonly record: DatastoreRecord | undefined;
  /** What the record says is kept lies there. */
  readonly keptExists: boolean;
  /** Whose the datastore is when nothing was recorded yet; null for that of a deployment without DCP. */
  readonly presumed: string | null;
}

/**
 * none: DCP may start. adopt: it may, once it is recorded as the owner. keep: a copy is to be made for `owner`. set-back:
 * the DCP is one that the node returns to. finish: a return that was cut short comes first, and then the question again.
 */
export type Turn =
  | { readonly do: 'none' }
  | { readonly do: 'adopt' }
  | { readonly do: 'set-back' }
  | { readonly do: 'finish' }
  | { readonly do: 'keep'; readonly owner: string };

export function turnOf({ dcp, exists, record, keptExists, presumed }: Seen): Turn {
  if (record?.settingBack !== undefined) return { do: 'finish' };
  const owner = record === undefined ? presumed : record.owner;
  if (record?.owner === dcp) return { do: 'none' };
  if (record?.kept?.dcp === dcp && keptExists) return { do: 'set-back' };
  if (!exists) return { do: record === undefined ? 'none' : 'adopt' };
  return owner === null || owner === dcp ? { do: 'adopt' } : { do: 'keep', owner };
}
