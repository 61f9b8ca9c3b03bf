/** Which machines one view of the page has: those that are looked for, so many at a time. Pure. */
import type { ListedMachine } from '../listing.ts';
import { stateWords } from './words.ts';

/** Of one page: what a browser on a telephone lays out at once. */
export const perPage = 100;

export interface Asked {
  /** What is looked for; empty for all. */
  readonly search: string;
  /** From 1 on. */
  readonly page: number;
}

export interface View {
  readonly asked: Asked;
  readonly machines: readonly ListedMachine[];
  /** Found in all. */
  readonly found: number;
  /** At least 1. */
  readonly pages: number;
}

const longestSearch = 100;

/** Out of the target of a request; what makes no sense is as if it were not there. */
export function askedOf(target: string): Asked {
  const query = new URLSearchParams(/\?([^#]*)/s.exec(target)?.[1] ?? '');
  const page = Number(query.get('page') ?? '1');
  return {
    search: (query.get('q') ?? '').trim().slice(0, longestSearch),
    page: Number.isSafeInteger(page) && page > 0 ? page : 1,
  };
}

/** Every word must be in a machine's name, its base, or what is known of it; `fault` finds those with faults. */
export function viewOf(machines: readonly ListedMachine[], { search, page }: Asked): View {
  const words = search.toLowerCase().split(/\s+/);
  const found = machines.filter((machine) => words.every((word) => textOf(machine).includes(word)));
  const pages = Math.max(1, Math.ceil(found.length / perPage));
  const shown = Math.min(page, pages);
  return {
    asked: { search, page: shown },
    machines: found.slice((shown - 1) * perPage, shown * perPage),
    found: found.length,
    pages,
  };
}

const textOf = ({ name, base, state, faults }: ListedMachine): string =>
  [name, base, stateWords[state], ...(faults.length > 0 ? ['fault'] : [])].join('\n').toLowerCase();

/** The address of a page with the same search. */
export function addressOf({ search, page }: Asked): string {
  const query = new URLSearchParams({
    ...(search === '' ? {} : { q: search }),
    ...(page === 1 ? {} : { page: `${page}` }),
  }).toString();
  return query === '' ? '/' : `/?${query}`;
}
