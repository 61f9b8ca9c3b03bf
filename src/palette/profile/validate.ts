/** What is wrong with a profile, whatever file it came from: all faults at once. Pure. */
import type { Findings, ProfileFinding } from './findings.ts';
import type { ProfileParts } from './parts.ts';
import { layerRules } from './rules/layers.ts';
import { manifestRules } from './rules/manifests.ts';
import { nameRules } from './rules/names.ts';
import { textRules } from './rules/texts.ts';
import { valueRules } from './rules/values.ts';
import { variableRules } from './rules/variables.ts';

const rules = [nameRules, layerRules, valueRules, variableRules, manifestRules, textRules];

/** Adds to the faults that were found while it was read; `file` is listed first. */
export function validateProfile(
  parts: ProfileParts | undefined,
  findings: Findings,
  file: string,
): readonly ProfileFinding[] {
  if (parts !== undefined) for (const rule of rules) rule(parts, findings.tell);
  return findings.listed(file);
}
