/** One remaster from outside: what is given and what is told afterwards. */
import type { Host } from '../host/ports.ts';
import type { PreparedEdits } from './edit/edits.ts';
import type { Image } from './image.ts';
import type { Method } from './pieces.ts';
import type { RemasterRequest } from './request.ts';

export interface RemasterJob {
  readonly host: Host;
  /** For a rebuild, the only way that starts programs; `host` when left out. */
  readonly rebuildHost?: () => Promise<Host>;
  readonly iso: string;
  /** Or what gives it, once the image is open and what was left half done is taken back. */
  readonly request: RemasterRequest | ((image: Image) => Promise<RemasterRequest>);
  /** Undefined: the ISO itself is changed. */
  readonly output?: string | { readonly sink: (bytes: Uint8Array) => Promise<void> };
  /** Only say what would be done. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
}

export interface RemasterResult {
  readonly iso: string;
  readonly method: Method;
  /** Why this way. */
  readonly reason: string;
  readonly files: readonly { readonly path: string; readonly change: 'put' | 'removed' | 'link' }[];
  readonly oldSize: number;
  readonly newSize: number;
  /** In place: bytes of the image that were written. */
  readonly written: number;
  readonly notes: readonly string[];
}

export const changedFiles = (edits: PreparedEdits): RemasterResult['files'] =>
  edits.files.map(({ path, content, link }) => ({
    path,
    change: content !== undefined ? 'put' : link === undefined ? 'removed' : 'link',
  }));
