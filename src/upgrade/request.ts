/** What an upgrade was asked for. */
import type { Component } from '../boot/deployment.ts';
import type { KeyName } from '../config/keys/keys.ts';

export interface UpgradeRequest {
  /** Where the root of the node is: `/`, or the folder at which a container sees it. */
  readonly root: string;
  /**
   * A folder, an ISO (path or URL), the manifest of a release (path or URL), an image of a registry; undefined: what is
   * staged.
   */
  readonly source?: string;
  /** What is taken from it. */
  readonly components: readonly Component[];
  /** An older version, one with other content, or one that the node went back from. */
  readonly force: boolean;
  readonly mode: 'commit' | 'stage';
  /** Tries of the new deployment, 1 to 9. */
  readonly tries: number;
  readonly publicKey?: string;
  readonly isoSha256?: string;
  /** Also from a URL whose answers nothing verifies. */
  readonly insecure: boolean;
  /** Bytes a second of what is fetched; undefined for no limit. */
  readonly limitRate?: number;
  readonly dryRun: boolean;
  /** Where the lock is; undefined for the place where everybody looks. */
  readonly lockFile?: string;
}

/** Keys of the configuration that say what the command line leaves out. */
export const configuredKeys: readonly string[] = [
  'bos.upgrade.channel',
  'bos.upgrade.public_key',
  'bos.upgrade.tries',
] satisfies readonly KeyName[];
