/** The part of docs/reliability.md that a soak writes: what the last campaign of power cuts showed. Pure. */
import type { JobResult } from './soak-page.ts';

export interface CampaignRun {
  /** `2026-11-21` */
  readonly date: string;
  readonly commit: string;
  readonly results: readonly JobResult[];
  /** What the tests counted, by the name of the test. */
  readonly figures: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** The tests that belong to the campaign begin with it. */
export const campaignPrefix = 'power cuts: ';

const begin = '<!-- The last campaign: written by make soak. -->';
const end = '<!-- The end of what make soak writes. -->';

/** The text of the result; undefined when no campaign was run. */
export function campaignResult({ date, commit, results, figures }: CampaignRun): string | undefined {
  const tests = results.filter(({ job }) => job.kind === 'test' && job.name.startsWith(campaignPrefix));
  // A part of a soak that holds no campaign does not take the place of one.
  if (!tests.some(({ job }) => job.name.includes('the campaign'))) return undefined;
  const rows = tests.map(({ job, passed, seconds }) => {
    const counted = [...(figures.get(job.name) ?? [])].map(([name, value]) => `${value} ${name}`).join(', ');
    const name = job.name.slice(campaignPrefix.length);
    return `| ${name} | ${counted} | ${Math.round(seconds)} s | ${passed ? 'passed' : '**failed**'} |`;
  });
  return `\
On ${date}, commit ${commit}:

| test | | took | result |
|---|---|---:|---|
${rows.toSorted().join('\n')}
`;
}

/** The page with another result; throws Error when the page has no place for it. */
export function withCampaignResult(page: string, result: string): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error('docs/reliability.md has no place for the result of a campaign');
  return `${page.slice(0, from)}${begin}\n\n${result}\n${page.slice(to)}`;
}
