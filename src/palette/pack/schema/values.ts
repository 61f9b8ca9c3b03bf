/** What of values.yaml, presets.yaml and schema.yaml has a form of Palette's; everything else is the pack's own. */
import { flag, int64, listOf, mapOf, object, type Schema, text } from '../../../kubernetes/schema/schema.ts';

/** `pack.drain`; times in seconds (documentation of the BYOOS pack). */
export const drainSchema = object({
  cordon: flag,
  timeout: int64,
  gracePeriod: int64,
  ignoreDaemonSets: flag,
  deleteLocalData: flag,
  force: flag,
  disableEviction: flag,
  skipWaitForDeleteTimeout: int64,
});

/** Keys below `pack` that documents name. A `pack:` with nothing behind it has one of them beside it. */
export const packKeys = ['content', 'drain', 'namespace', 'namespaceLabels', 'releaseNameOverride'] as const;

/** presets.yaml: sets of values that a person chooses from. */
export const presetsSchema = object(
  {
    presets: listOf(
      object({ name: text, displayName: text, group: text, remove: listOf(text), add: text }, ['name']),
    ),
  },
  ['presets'],
);

/** schema.yaml: by the path of a value, a rule in Palette's own words, such as `{{ required | format "${password}" }}`. */
export const parametersSchema: Schema = mapOf(object({ schema: text }, ['schema']));
