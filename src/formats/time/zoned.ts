/** The clock of a time zone (IANA): what it shows at a moment. By the data of Node.js (ICU). Pure. */

export interface WallClock {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;
  /** 0 (Sunday) to 6. */
  readonly weekday: number;
  /** Seconds since midnight, as the clock shows them. */
  readonly seconds: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** `instant` in milliseconds since 1970. Throws RangeError for a zone that there is not. */
export function wallClock(instant: number, zone: string): WallClock {
  const parts = Object.fromEntries(
    formatOf(zone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay();
  return { year, month, day, weekday, seconds: hour * 3600 + minute * 60 + second };
}

/** One is expensive to make. */
function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', {
    ...{ timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric' },
    ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
  });
  formats.set(zone, made);
  return made;
}

/**
 * The moments (milliseconds since 1970) at which the clock of the zone shows these times of a day, in their order: the first
 * where one comes twice, undefined where a change of the clock leaves it out. `times` in seconds since midnight.
 */
export function instantsOf(
  date: Pick<WallClock, 'year' | 'month' | 'day'>,
  times: readonly number[],
  zone: string,
): readonly (number | undefined)[] {
  const midnight = Date.UTC(date.year, date.month - 1, date.day);
  // No clock is a day away from UTC, and none changes twice within three days.
  const offsets = [midnight - day, midnight + 2 * day].map((near) => asUtc(wallClock(near, zone)) - near);
  const [before = 0, after = 0] = offsets;
  return times.map((seconds) => {
    const shown = midnight + seconds * 1000;
    if (before === after) return shown - before;
    const found = offsets
      .map((offset) => shown - offset)
      .filter((instant) => asUtc(wallClock(instant, zone)) === shown);
    return found.length === 0 ? undefined : Math.min(...found);
  });
}

const day = 86_400_000;
const asUtc = ({ year, month, day: date, seconds }: WallClock): number =>
  Date.UTC(year, month - 1, date) + seconds * 1000;
