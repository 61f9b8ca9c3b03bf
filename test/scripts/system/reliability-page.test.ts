import { readFileSync } from 'node:fs';
import test from 'ava';
import { campaignResult, withCampaignResult } from '../../../scripts/system/reliability-page.ts';

const job = (name: string, passed: boolean) => ({
  job: { name, kind: 'test' as const, seconds: 10 },
  passed,
  seconds: 12.3,
});
const run = {
  date: '2026-11-21',
  commit: '0123abc',
  figures: new Map([['power cuts: the campaign over b', new Map([['states', 1200]])]]),
};

test('the result tells what was counted and how it ended, in the same place of the page', (t) => {
  const results = [
    job('live boot', true),
    job('power cuts: the campaign over b', true),
    job('power cuts: a', false),
  ];
  const result = campaignResult({ ...run, results });
  t.snapshot(result);
  const page = readFileSync(new URL('../../../docs/reliability.md', import.meta.url), 'utf8');
  const once = withCampaignResult(page, result ?? '');
  t.is(withCampaignResult(once, result ?? ''), once);
  t.true(once.includes('| a |') && once.startsWith(page.slice(0, 500)) && once.endsWith(page.slice(-200)));
});

test('without a campaign the page stays as it is', (t) => {
  t.is(campaignResult({ ...run, results: [job('live boot', true), job('power cuts: a', true)] }), undefined);
  t.throws(() => withCampaignResult('# Another page', 'x'), { message: /no place/ });
});
