/** What a row of the table of keys may say, and the TypeScript types that follow from it. */

/** When a key acts in the running OS. `install` keys act in `opsctl install`, `loader` keys in the initrd. */
export type Phase = 'initrd' | 'boot' | 'runtime' | 'install' | 'loader';

/** What a field of an object holds. */
export type FieldValue = string | Uint8Array | readonly string[] | ObjectValue | readonly ObjectValue[];
/** An object of a list: its fields by name. */
export interface ObjectValue {
  readonly [name: string]: FieldValue;
}

/** Returns what was expected ("expected ...") for a value that does not fit, undefined for one that does. */
export type Check = (value: string) => string | undefined;

/**
 * What a key decides that no machine may guess: whether it joins a cluster, who logs in, how it reaches its network,
 * who can read what; what an installation erases and trusts. Whatever is wrong with such a key is an error, and all
 * but the last hold DCP. As what a node registers, too, is read but once: nobody should find that out too late.
 */
export type Decides = 'joining' | 'login' | 'network' | 'secrecy' | 'installing' | 'registration';

/** A field of the objects in a list (write_files, bos.network). */
export interface FieldRow {
  readonly name: string;
  /** Other names that mean the same. */
  readonly aliases?: readonly string[];
  /**
   * `content`: text or, from YAML's `!!binary`, bytes. `mode`: permission bits in octal, kept as text. `boolean`: the
   * text true or false. `strings`: a list of them, each checked. `object`, `objects`: of the fields below it.
   */
  readonly type: 'string' | 'content' | 'mode' | 'boolean' | 'strings' | 'object' | 'objects';
  /** Of `object` and `objects`; in a list the first one is required, which begins the next object on the command line. */
  readonly fields?: readonly FieldRow[];
  readonly required?: true;
  /** Something wrong with it is as grave as its key; the other fields cost the object and no more. */
  readonly decides?: true;
  /** What may well go wrong with a value, though it need not. */
  readonly warn?: Check;
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
  readonly decides?: Decides;
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
  /** An unquoted true or false means the word. */
  readonly words?: true;
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
  /** The elements are one command: with a faulty one, or when this finds a fault, none of them counts. */
  readonly checkWhole?: (values: readonly string[]) => string | undefined;
  /** Each is a command for a shell. */
  readonly commands?: true;
  /** What a single string means that stands in place of the list: its words, its lines; itself when left out. */
  readonly oneString?: 'words' | 'lines';
  /** How a later source meets an earlier one; `replace` when left out. */
  readonly merge?: 'union';
}
export interface MapRow extends RowBase {
  readonly type: 'map';
  /** For each entry. */
  readonly checkEntry?: (name: string, value: string) => string | undefined;
  /** An unquoted true or false can only mean the word. */
  readonly words?: true;
}
/** What is wrong with an object as a whole, and the field at which to say so: `name`, `vlan.id`, `routes[0].via`. */
export interface ObjectFault {
  readonly field: string;
  readonly message: string;
}
export interface ObjectsRow extends RowBase {
  readonly type: 'objects';
  /** The first one is required: on the command line it begins the next object. */
  readonly fields: readonly [FieldRow & { readonly required: true }, ...FieldRow[]];
  /** For an object whose fields fit. */
  readonly checkObject?: (object: ObjectValue) => ObjectFault | undefined;
  /**
   * For a list whose objects all fit. With a fault in one of them none counts: what is left of the list without it
   * would be something else.
   */
  readonly checkList?: (
    objects: readonly ObjectValue[],
  ) => (ObjectFault & { readonly index: number }) | undefined;
}

export type KeyRow = StringRow | BooleanRow | StringsRow | MapRow | ObjectsRow;

type ValueOfField<F> = F extends { readonly type: 'content' }
  ? string | Uint8Array
  : F extends { readonly type: 'strings' }
    ? readonly string[]
    : F extends { readonly type: 'object'; readonly fields: infer N extends readonly FieldRow[] }
      ? ObjectOf<N>
      : F extends { readonly type: 'objects'; readonly fields: infer N extends readonly FieldRow[] }
        ? readonly ObjectOf<N>[]
        : string;
type ObjectOf<F extends readonly FieldRow[]> = {
  readonly [R in F[number] as R extends { readonly required: true } ? R['name'] : never]: ValueOfField<R>;
} & {
  readonly [R in F[number] as R extends { readonly required: true } ? never : R['name']]?: ValueOfField<R>;
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
