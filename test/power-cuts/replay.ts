/** A disk image that is put into one state after the other, each made from the one before. */
import type { Files, OpenFile } from '../../src/host/ports.ts';
import type { State } from './states.ts';
import type { WriteLog } from './write-log.ts';

/** Bytes that are copied at once. */
const chunk = 4 * 1024 * 1024;

export class ReplayedDisk {
  readonly path: string;
  readonly #file: OpenFile;
  readonly #log: WriteLog;
  /** Entries that are on the image for good. */
  #applied = 0;
  /** What the pieces of the shown state replaced, in the order in which they were written. */
  #replaced: { readonly offset: number; readonly bytes: Uint8Array }[] = [];

  private constructor(path: string, file: OpenFile, log: WriteLog) {
    this.path = path;
    this.#file = file;
    this.#log = log;
  }

  /** Takes the image at `path`, which must be as the disk was when the log began. */
  static async open(files: Files, path: string, log: WriteLog): Promise<ReplayedDisk> {
    return new ReplayedDisk(path, await files.open(path, 'r+'), log);
  }

  /** Brings the image into a state. States must come in the order of what was flushed. */
  async show({ flushed, pieces }: State): Promise<void> {
    await this.#putBack();
    if (flushed < this.#applied) throw new Error('what was flushed does not come back');
    for (; this.#applied < flushed; this.#applied += 1) {
      const { length = 0 } = this.#log.entries[this.#applied] ?? {};
      await this.#write({ entry: this.#applied, from: 0, length }, false);
    }
    for (const piece of pieces) await this.#write(piece, true);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #write(piece: State['pieces'][number], temporary: boolean): Promise<void> {
    const entry = this.#log.entries[piece.entry];
    if (entry === undefined) throw new Error(`the log has no entry ${piece.entry}`);
    for (let at = 0; at < piece.length; at += chunk) {
      const from = piece.from + at;
      const bytes = await this.#log.read(entry, from, Math.min(chunk, piece.length - at));
      const offset = entry.offset + from;
      if (temporary)
        this.#replaced.push({ offset, bytes: Uint8Array.from(await this.#file.read(offset, bytes.length)) });
      await this.#file.write(offset, bytes);
    }
  }

  async #putBack(): Promise<void> {
    for (const { offset, bytes } of this.#replaced.toReversed()) await this.#file.write(offset, bytes);
    this.#replaced = [];
  }
}
