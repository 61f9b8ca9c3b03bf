/** Texts that do not come through unchanged: JSON can hold what no text of a file can. */
import type { Tell, TextPart } from '../findings.ts';
import type { ProfileParts } from '../parts.ts';

export function textRules(profile: ProfileParts, tell: Tell): void {
  for (const { values, manifests } of profile.packs)
    for (const part of [values, ...manifests.map(({ content }) => content)])
      if (part !== undefined) checkText(part, tell);
}

function checkText(part: TextPart, tell: Tell): void {
  const { text } = part;
  if (text.isWellFormed()) return;
  const offset = text.search(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/);
  tell('error', part.at(Math.max(0, offset)), 'holds half of a character, which no file can');
}
