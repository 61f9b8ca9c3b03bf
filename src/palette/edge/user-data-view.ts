/** User data of an edge host as its rules see them, and a place to report what is wrong. */
import type { Path } from '../../kubernetes/schema/check-schema.ts';
import type { Located } from '../../kubernetes/schema/located.ts';
import { LocatedView } from '../../kubernetes/schema/located-view.ts';

/** Whether Palette manages the host, or the host stands alone. */
export type EdgeMode = 'connected' | 'airgap';

/** The date on which a certificate (PEM, or DER) ends; undefined for what is not one. */
export type ReadCertificate = (bytes: string | Uint8Array) => string | undefined;

export interface UserDataUse {
  /** For a site: merged with the user-data of the installer, so they need not be whole. */
  readonly site?: boolean;
  /** For the agent on somebody's own system, which no installer has laid out. */
  readonly agent?: boolean;
  /** Milliseconds since 1970, to tell certificates that have ended; without it none has. */
  readonly now?: number;
  /** Reads certificates; without it only their form is looked at. */
  readonly readCertificate?: ReadCertificate;
}

export class UserData extends LocatedView {
  readonly source: string;
  readonly use: UserDataUse;

  constructor(source: string, root: Located, use: UserDataUse) {
    super(root);
    this.source = source;
    this.use = use;
  }
}

export type Severity = 'error' | 'warning' | 'note';
/** A path, or an offset in the text. */
export type Spot = Path | number;
export type Report = (severity: Severity, spot: Spot, message: string) => void;
export type UserDataRule = (data: UserData, report: Report) => void;
