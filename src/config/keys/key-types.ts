/** What a row of the table of keys may say, and the TypeScript types that follow from it. */

/** When a key acts in the running OS. `install` keys act in `opsctl install`, `loader` keys in the initrd. */
export type Phase = 'initrd' | 'boot' | 'runtime' | 'install' | 'loader';

/** Returns what was expected ("expected ...") for a value that does not fit, undefined for one that does. */
export type Check = (value: string) => string | undefined;

/** A field of the objects in a list (write_files, bos.wifi). */
export interface FieldRow {
  readonly name: string;
  /** `content`: text or, from YAML's `!!binary`, bytes. `mode`: permission bits in octal, kept as text. */
  readonly type: 'string' | 'content' | 'mode';
  readonly required?: true;
  readonly choices?: readonly string[];
  readonly check?: Check;
  readonly secret?: true;
  readonly help: string;
}

interface RowBase {
  /** The canonical name, dotted: `bos.install.device`. */
  readonly name: string;
  /** Other full names that mean the same: singular and plural, old spellings. */
  readonly aliases?: readonly string[];
  readonly phases: readonly Phase[];
  /** Its values never appear in logs, diagnostics or `config show`. */
  readonly secret?: true;
  /** The kernel command line alone can give it: it acts before any file is read. */
  readonly commandLineOnly?: true;
  /** One or two sentences for the reference, the schema and completion. */
  readonly help: string;
  /** As written on the kernel command line; for what cannot stand there, as YAML. */
  readonly example: string;
}

export interface StringRow extends RowBase {
  readonly type: 'string';
  readonly choices?: readonly string[];
  readonly check?: Check;
  readonly default?: string;
}
export interface BooleanRow extends RowBase {
  readonly type: 'boolean';
  readonly default?: boolean;
}
export interface StringsRow extends RowBase {
  readonly type: 'strings';
  readonly choices?: readonly string[];
  /** For each element. */
  readonly check?: Check;
  /** How a later source meets an earlier one; `replace` when left out. */
  readonly merge?: 'union';
}
export interface MapRow extends RowBase {
  readonly type: 'map';
}
export interface ObjectsRow extends RowBase {
  readonly type: 'objects';
  /** The first one is required: on the command line it begins the next object. */
  readonly fields: readonly [FieldRow & { readonly required: true }, ...FieldRow[]];
}

export type KeyRow = StringRow | BooleanRow | StringsRow | MapRow | ObjectsRow;

type FieldValue<F> = F extends { readonly type: 'content' } ? string | Uint8Array : string;
type ObjectOf<F extends readonly FieldRow[]> = {
  readonly [R in F[number] as R extends { readonly required: true } ? R['name'] : never]: FieldValue<R>;
} & {
  readonly [R in F[number] as R extends { readonly required: true } ? never : R['name']]?: FieldValue<R>;
};

/** The type of a row's value. */
export type ValueOf<R> = R extends { readonly type: 'boolean' }
  ? boolean
  : R extends { readonly type: 'strings' }
    ? readonly string[]
    : R extends { readonly type: 'map' }
      ? Readonly<Record<string, string>>
      : R extends { readonly type: 'objects'; readonly fields: infer F extends readonly FieldRow[] }
        ? readonly ObjectOf<F>[]
        : R extends { readonly choices: readonly (infer C extends string)[] }
          ? C
          : string;
