/** What the page calls the states of a machine, with scripts and without. */
import type { ToldHistory } from '../reports/history.ts';

export const stateWords: Readonly<Record<ToldHistory['state'], string>> = {
  waiting: 'Nothing yet',
  served: 'Download begun',
  'booted-medium': 'Booted the medium',
  'disk-written': 'Disk written',
  installed: 'Installed, disk booted',
  unknown: 'Not known: the database does not answer',
};

/** `2026-11-30 12:05 UTC`, of a time in UTC; a script has the same. */
export const shownTime = (time: string): string => `${time.slice(0, 16).replace('T', ' ')} UTC`;
