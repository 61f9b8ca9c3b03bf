/** A database that speaks SQL, as an interface. Statements number their values in their order: `$1`, `$2`. */

export type SqlValue = string | number;
export type SqlRow = Readonly<Record<string, unknown>>;
export type Ask = (statement: string, values?: readonly SqlValue[]) => Promise<readonly SqlRow[]>;

export interface Database {
  readonly kind: 'sqlite' | 'postgres';
  /** All that `work` asks sees one state. Throws what the database does, and `work`. */
  read<T>(work: (ask: Ask) => Promise<T>): Promise<T>;
  /**
   * All that `work` asks is done, and on the disk when it has resolved, or nothing is; one at a time, whoever else writes to
   * the same database. After an error from the connection it may have been done.
   */
  write<T>(work: (ask: Ask) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** How a server of PostgreSQL is reached. */
export interface PostgresPlace {
  /** A name or an address; a folder with a socket begins with a slash. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly username: string;
  readonly password: string | undefined;
  /** `verified`: by the usual authorities, or by the certificates of `authorities`, PEM. */
  readonly tls: 'off' | 'unverified' | 'verified';
  readonly authorities?: string;
}
