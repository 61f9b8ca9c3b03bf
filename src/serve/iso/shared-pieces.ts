/**
 * Pieces of machines' ISOs, each kept once: most of what differs from the base is the same for all machines, such as
 * folders that are two files longer.
 */
import { createHash } from 'node:crypto';
import type { Piece } from '../../iso/pieces.ts';
import type { Spans } from './spans.ts';

/** What V8 takes for a piece beside its bytes: two objects and a buffer of its own. */
const beside = 450;

interface Known {
  readonly key: string;
  readonly piece: Piece;
  users: number;
}

export class SharedPieces {
  readonly #byKey = new Map<string, Known>();
  readonly #byPiece = new Map<Piece, Known>();
  #bytes = 0;

  /** Memory that all of them take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The same spans, in pieces that are there already where there are such. To be let go of with `forget`. */
  share(spans: Spans): Spans {
    return spans.map((piece) => {
      const key = keyOf(piece);
      const known = this.#byKey.get(key);
      if (known !== undefined) {
        known.users += 1;
        return known.piece;
      }
      const made = { key, piece, users: 1 };
      this.#byKey.set(key, made);
      this.#byPiece.set(piece, made);
      this.#bytes += sizeOf(piece);
      return piece;
    });
  }

  /** Of spans that `share` gave; whoever still sends them keeps them as long as that takes. */
  forget(spans: Spans): void {
    for (const piece of spans) {
      const known = this.#byPiece.get(piece);
      if (known === undefined) continue;
      known.users -= 1;
      if (known.users > 0) continue;
      this.#byKey.delete(known.key);
      this.#byPiece.delete(piece);
      this.#bytes -= sizeOf(piece);
    }
  }
}

function keyOf({ offset, content }: Piece): string {
  if (content.kind !== 'bytes') return JSON.stringify([offset, content]);
  return `${offset} ${createHash('sha256').update(content.bytes).digest('base64url')}`;
}

const sizeOf = ({ content }: Piece): number => beside + (content.kind === 'bytes' ? content.bytes.length : 0);
