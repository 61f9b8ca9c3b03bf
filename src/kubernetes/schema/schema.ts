/** The part of OpenAPI v3 that a CustomResourceDefinition uses, as data: what a value may be, and its fields. */

export type Schema =
  | {
      readonly type: 'string';
      readonly oneOf?: readonly string[];
      readonly pattern?: RegExp;
      readonly notEmpty?: boolean;
    }
  | { readonly type: 'number' }
  | { readonly type: 'integer'; readonly bits: 32 | 64 }
  | { readonly type: 'boolean' }
  /** A number or a text (x-kubernetes-int-or-string). */
  | { readonly type: 'int-or-string'; readonly pattern?: RegExp }
  | { readonly type: 'list'; readonly items: Schema; readonly atLeast?: number }
  /** Names that are the user's own, all with values of one kind (additionalProperties). */
  | { readonly type: 'map'; readonly values: Schema }
  | ObjectSchema
  /** Not looked at. */
  | { readonly type: 'any' };

export interface ObjectSchema {
  readonly type: 'object';
  readonly fields: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

export const text = { type: 'string' } as const satisfies Schema;
export const flag = { type: 'boolean' } as const satisfies Schema;
export const int32 = { type: 'integer', bits: 32 } as const satisfies Schema;
export const int64 = { type: 'integer', bits: 64 } as const satisfies Schema;
export const anything = { type: 'any' } as const satisfies Schema;

export const listOf = (items: Schema, atLeast?: number): Schema => ({
  type: 'list',
  items,
  ...(atLeast === undefined ? {} : { atLeast }),
});

export const mapOf = (values: Schema): Schema => ({ type: 'map', values });

export const object = (
  fields: Readonly<Record<string, Schema>>,
  required: readonly string[] = [],
): ObjectSchema => ({ type: 'object', fields, required });
