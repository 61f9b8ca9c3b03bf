/** An ISO, or a disk image, that machines' are made of: a file, or one on another server; held open in the version that it has. */
import { createHash } from 'node:crypto';
import { errorCode, refused } from '../../errors.ts';
import type { ByteRange } from '../../formats/byte-range.ts';
import { endOf } from '../../formats/byte-range.ts';
import type { ByteSource } from '../../formats/bytes.ts';
import type { Host, PinnedFile } from '../../host/ports.ts';
import { cannotRead } from '../../host/system-error.ts';
import { httpTransport } from '../../media/http-transport.ts';
import { isRemote, openUrl } from '../../media/open-url.ts';
import type { Remote } from '../../media/remote.ts';
import { shownUrl } from '../../media/shown-url.ts';
import { type Pin, requireSame } from '../../media/transport.ts';
import { type Medium, openMedium } from './medium.ts';

/** One version of a base. */
export interface BaseVersion {
  readonly base: Base;
  /** Differs for every other content. */
  readonly version: string;
  readonly size: number;
  /** What is in it. */
  readonly medium: Medium;
  /** Where its bytes are read from. */
  readonly from: PinnedFile | RemoteBytes;
  /** Lets go of it: once for each `hold`. */
  release(): Promise<void>;
}

/** Bytes of a file on another server, in order; throws `medium-changed` when they are of another version. */
export interface RemoteBytes {
  pieces(range: ByteRange, signal: AbortSignal): AsyncGenerator<Uint8Array>;
}

interface Opened {
  readonly version: string;
  readonly source: ByteSource;
  readonly from: BaseVersion['from'];
  readonly medium: Medium;
  /** Whether it still is what there is; asks the disk or the server. */
  readonly isCurrent: () => Promise<boolean>;
  readonly close: () => Promise<void>;
  users: number;
  retired: boolean;
}

/** A server is asked so often whether its file is the same. */
const askedAgainMs = 5000;

export class Base {
  readonly name: string;
  /** As it may be shown. */
  readonly shown: string;
  readonly #host: Host;
  readonly #place: string;
  #opened: Promise<Opened> | undefined;
  #kind: Medium['kind'] | undefined;

  constructor(host: Host, place: string, name: string) {
    this.#host = host;
    this.#place = place;
    this.name = name;
    this.shown = shownUrl(place);
  }

  /**
   * The version that there is now. Throws OpsError (refused) `base-missing`, `base-without-ranges`, and what `openMedium`
   * and opening a URL do.
   */
  async hold(): Promise<BaseVersion> {
    const opened = await this.#current();
    opened.users += 1;
    let held = true;
    const { version, source, medium, from } = opened;
    return {
      ...{ base: this, version, size: source.size, medium, from },
      release: async () => {
        if (!held) return;
        held = false;
        opened.users -= 1;
        await closeUnused(opened);
      },
    };
  }

  /** As which it was opened last; an ISO that cannot be opened stays one. Never throws. */
  async kind(): Promise<Medium['kind']> {
    if (this.#kind === undefined) await this.#current().catch(() => undefined);
    return this.#kind ?? 'iso';
  }

  async close(): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined);
    this.#opened = undefined;
    if (opened === undefined) return;
    opened.retired = true;
    await closeUnused(opened);
  }

  async #current(): Promise<Opened> {
    const before = this.#opened;
    const opened = await before?.catch(() => undefined);
    if (opened !== undefined && (await opened.isCurrent())) return opened;
    if (this.#opened !== before && this.#opened !== undefined) return this.#current();
    // One at a time: others that come meanwhile wait for the same.
    this.#opened = this.#open();
    if (opened !== undefined) {
      opened.retired = true;
      await closeUnused(opened);
    }
    return this.#opened;
  }

  async #open(): Promise<Opened> {
    const found = isRemote(this.#place) ? await this.#openRemote() : await this.#openFile();
    try {
      const medium = await openMedium(found.source, this.shown);
      this.#kind = medium.kind;
      return { ...found, medium, users: 0, retired: false };
    } catch (error) {
      await found.close();
      throw error;
    }
  }

  async #openFile(): Promise<Omit<Opened, 'medium' | 'users' | 'retired'>> {
    const { files } = this.#host;
    const file = await files.openPinned(this.#place).catch((cause) => {
      throw cannotRead('base-missing', this.shown, cause);
    });
    const read: ByteSource['read'] = async (offset, length) => {
      const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(length, file.size - offset)));
      const done = await file.readInto(offset, bytes);
      if (!file.isSame()) throw baseChanged(this.shown);
      return bytes.subarray(0, done);
    };
    return {
      version: file.version,
      source: { size: file.size, read },
      from: file,
      isCurrent: async () => (await files.versionOf(this.#place)) === file.version,
      close: () => file.close(),
    };
  }

  async #openRemote(): Promise<Omit<Opened, 'medium' | 'users' | 'retired'>> {
    const { clock } = this.#host;
    const remote = await openUrl(this.#host, this.#place, { tries: remoteTries });
    const { pin } = remote;
    if (!pin.ranges || pin.size === null)
      throw refused('base-without-ranges', `The server of ${this.shown} sends no parts of the file`, {
        hint: 'Put the ISO on a server that answers range requests.',
      });
    if (pin.etag === null && pin.modified === null)
      throw refused(
        'base-without-version',
        `The server of ${this.shown} does not say which version it sends`,
        {
          hint: 'It must send an ETag or a Last-Modified header.',
        },
      );
    let asked = clock.monotonic();
    const version = createHash('sha256')
      .update(JSON.stringify([this.#place, pin]))
      .digest('base64url');
    return {
      version,
      source: remote,
      from: { pieces: (range, signal) => remote.stream(range.offset, endOf(range), signal) },
      isCurrent: async () => {
        if (clock.monotonic() - asked < askedAgainMs) return true;
        const same = await this.#isSame(remote, pin);
        asked = clock.monotonic();
        return same;
      },
      close: async () => {},
    };
  }

  async #isSame(_remote: Remote, pin: Pin): Promise<boolean> {
    const answer = await httpTransport(this.#host.http, this.#place, this.shown, undefined)(0, 1);
    answer.close();
    try {
      requireSame(pin, answer.pin, this.shown);
      return true;
    } catch {
      return false;
    }
  }
}

/** Whoever asked for an ISO waits meanwhile, and asks again: 3 seconds in all. */
const remoteTries = 3;

async function closeUnused(opened: Opened): Promise<void> {
  if (opened.retired && opened.users === 0) await opened.close();
}

export const baseChanged = (shown: string) =>
  refused('base-changed', `${shown} changed while it was read`, { hint: 'Ask for the ISO again.' });

/** Of a file that was put into an ISO and is too large for memory. */
export const fileChanged = (path: string) =>
  refused('file-changed', `${path.replace(/^.*\//s, '')} changed while it was read`, {
    hint: 'Ask for the ISO again.',
  });

/** Of a file that was put into an ISO. Throws OpsError (refused) `file-changed` for one that is gone, too. */
export const openedFile = (files: Host['files'], path: string): Promise<PinnedFile> =>
  files.openPinned(path).catch((cause: unknown) => {
    throw ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errorCode(cause) ?? '') ? fileChanged(path) : cause;
  });
