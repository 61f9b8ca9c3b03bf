/** Values of a file by path, each with its place: what both forms of a profile are read through. */
import { type Path, pathText, schemaFaults } from '../../../kubernetes/schema/check-schema.ts';
import { type Located, offsetAt, valueAt } from '../../../kubernetes/schema/located.ts';
import { LocatedView } from '../../../kubernetes/schema/located-view.ts';
import type { ObjectSchema } from '../../../kubernetes/schema/schema.ts';
import type { At, SourceText, Spotted, Tell, TextPart } from '../findings.ts';
import type { MaybeText } from '../parts.ts';
import { jsonPart, yamlPart } from './text-parts.ts';

export class SourceView extends LocatedView {
  readonly source: SourceText;
  readonly #form: 'json' | 'yaml';

  constructor(source: SourceText, root: Located, form: 'json' | 'yaml') {
    super(root);
    this.source = source;
    this.#form = form;
  }

  placeAt(...path: Path): At {
    return { source: this.source, offset: offsetAt(this.root, path) };
  }

  /** A number or a flag where text belongs counts as it is written: that it needs quotes is told once. */
  spotted(...path: Path): MaybeText {
    const found = valueAt(this.root, path);
    if (found?.kind !== 'word' || found.value === null) return undefined;
    const { value, offset, end } = found;
    return {
      value: typeof value === 'string' ? value : this.source.text.slice(offset, end).trim(),
      at: this.placeAt(...path),
    };
  }

  part(...path: Path): TextPart | undefined {
    const value = valueAt(this.root, path);
    if (value?.kind !== 'word' || typeof value.value !== 'string') return undefined;
    return (this.#form === 'json' ? jsonPart : yamlPart)(this.source, value, value.value);
  }

  /** The texts of a map by name. */
  map(...path: Path): ReadonlyMap<string, Spotted<string>> {
    const found = new Map<string, Spotted<string>>();
    for (const name of this.names(...path)) {
      const text = this.spotted(...path, name);
      if (text !== undefined) found.set(name, text);
    }
    return found;
  }

  hasList(...path: Path): boolean {
    return valueAt(this.root, path)?.kind === 'list';
  }

  /** What the schema says: unknown keys are warnings, everything else is an error. */
  check(schema: ObjectSchema, where: string, tell: Tell): void {
    for (const { path, offset, message, unknown } of schemaFaults(this.root, schema, where)) {
      const at = offset === undefined ? this.placeAt(...path) : { source: this.source, offset };
      tell(unknown === true ? 'warning' : 'error', at, message, pathText(path));
    }
  }
}
