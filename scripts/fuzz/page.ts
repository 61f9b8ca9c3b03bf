/** docs/fuzzing.md: what the last run looked at, and what it found. Pure. */
import { promise } from './judge.ts';

export interface Result {
  readonly name: string;
  readonly inputs: number;
  /** One line each. */
  readonly faults: readonly string[];
}

export interface RunDetails {
  readonly seed: number;
  readonly minutes: number;
  readonly date: string;
}

export function fuzzingPage(results: readonly Result[], { seed, minutes, date }: RunDetails): string {
  const total = results.reduce((sum, { inputs }) => sum + inputs, 0);
  const rows = results.map(
    ({ name, inputs, faults }) =>
      `| ${name} | ${inputs} | ${faults.length === 0 ? 'none' : faults.join('; ')} |`,
  );
  return `# Fuzzing

Made by \`npm run fuzz -- --write\`, which \`make soak\` runs for an hour; do not edit. Every parser of bytes that somebody
else wrote gets inputs that are changed at random, of up to 2 MiB. An input must be read or refused: with no other
exception, in at most ${promise.cpuMs / 1000} s of processor time and ${promise.memory / 1e6} MB. What is found is made
small and kept in test/corpus/found, where the tests run it from then on.

The last run, on ${date}, took ${minutes === 1 ? 'a minute' : `${minutes} minutes`} with seed ${seed}: ${total} inputs.

| parser | inputs | faults |
|---|--:|---|
${rows.join('\n')}
`;
}
