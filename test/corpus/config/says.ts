/** What `opsctl config validate` and the installer make of a configuration: its values, and what they say. */
import test from 'ava';
import { packedContentFaults } from '../../../src/config/checks/packed-content.ts';
import type { Config } from '../../../src/config/config.ts';
import { formatDiagnostic } from '../../../src/config/diagnostics.ts';
import { merge } from '../../../src/config/sources/merge.ts';
import { parseConfigYaml } from '../../../src/config/yaml/yaml.ts';

export interface Case {
  /** Where such inputs were met, in general words. */
  readonly met: string;
  readonly text: string;
  /** One pattern for each thing that is said, in order, each without the name of the file. */
  readonly says: readonly RegExp[];
  readonly gives?: Config;
}

export async function checked(text: string) {
  const { layer, diagnostics } = parseConfigYaml(text, 'c');
  const found = [...diagnostics, ...(await packedContentFaults(layer))];
  return { config: merge([layer]).config, said: found.map((one) => formatDiagnostic(one).slice(2)) };
}

const says = test.macro(async (t, { text, says: expected, gives = {} }: Case) => {
  const { config, said } = await checked(text);
  t.is(said.length, expected.length, said.join('\n'));
  for (const [index, pattern] of expected.entries()) t.regex(said[index] ?? '', pattern);
  t.deepEqual(config, gives);
});

/** Titles are told apart by their number in the file: in a title all white space is one blank. */
export function run(cases: readonly Case[]): void {
  for (const [index, one] of cases.entries()) test(`${index + 1}, ${one.met}: ${one.text}`, says, one);
}
