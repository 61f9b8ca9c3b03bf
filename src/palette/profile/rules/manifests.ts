/** Manifests of a profile: the ConfigMap that says how nodes are drained while the OS is patched, whose times are nanoseconds. */
import { drainConfigName, readDrainConfig } from '../../../patch/drain/config-map.ts';
import type { Tell, TextPart } from '../findings.ts';
import type { ProfileParts } from '../parts.ts';

export function manifestRules(profile: ProfileParts, tell: Tell): void {
  for (const { manifests } of profile.packs)
    for (const { content } of manifests)
      if (content?.text.includes(drainConfigName) === true) checkDrain(content, tell);
}

function checkDrain(part: TextPart, tell: Tell): void {
  const read = readDrainConfig(part.text);
  if (typeof read === 'string') {
    tell('warning', part.at(part.text.indexOf(drainConfigName)), read);
    return;
  }
  for (const fault of read.faults) {
    // `data.drain, timeout: is in …`
    const [, name = 'drain'] = /^data\.(?:drain, |drain\.)?(\w+):/.exec(fault) ?? [];
    const begin = part.text.indexOf('drain', part.text.indexOf('data:'));
    const offset = part.text.indexOf(name, Math.max(0, begin));
    tell('warning', part.at(Math.max(0, offset)), fault);
  }
}
