/** Answers with an ISO, a kernel or an initrd, or parts of one (RFC 9110, sections 13 to 15). */
import { type ByteRange, endOf } from '../../formats/byte-range.ts';
import type { Host } from '../../host/ports.ts';
import type { BaseVersion } from '../iso/base.ts';
import type { Content } from '../iso/content.ts';
import type { ServeLimits } from '../options.ts';
import type { Exchange } from './exchange.ts';
import { contentRange, multipartOf } from './multipart.ts';
import { Outlet } from './outlet.ts';
import { askedRanges, isKnown, isWanted, rangeCounts } from './ranges.ts';
import { sendRange } from './send.ts';

/** What UEFI takes for an ISO to boot (UEFI 2.10, section 24.7.2); its clients also go by the ending. */
export const isoType = 'application/vnd.efi-iso';
export const plainType = 'application/octet-stream';

interface Plan {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly ranges: readonly ByteRange[];
  /** Texts around several ranges. */
  readonly heads: readonly Uint8Array[];
  readonly end: Uint8Array | undefined;
}

/** What the answer to a request is, before a byte of it is read. HEAD gets what GET would. */
export function planAnswer(
  exchange: Exchange,
  { etag, size }: Content,
  contentType: string,
  boundary: () => string,
): Plan {
  const common = { etag, 'accept-ranges': 'bytes', 'cache-control': 'no-cache' };
  const empty = (status: number, headers = {}): Plan => ({
    ...{ status, ranges: [], heads: [], end: undefined },
    headers: { ...common, ...headers },
  });
  if (!isWanted(exchange.header('if-match'), etag)) return empty(412, { 'content-length': 0 });
  if (isKnown(exchange.header('if-none-match'), etag)) return empty(304);
  const asked = rangeCounts(exchange.header('if-range'), etag)
    ? askedRanges(exchange.header('range'), size)
    : askedRanges(undefined, size);
  if (asked.kind === 'unsatisfiable')
    return empty(416, { 'content-range': `bytes */${size}`, 'content-length': 0 });
  const type = { 'content-type': contentType };
  if (asked.kind === 'whole')
    return {
      ...empty(200, { ...type, 'content-length': size }),
      ranges: [{ offset: 0, length: size }],
    };
  const { ranges } = asked;
  const [first] = ranges;
  if (ranges.length === 1 && first !== undefined)
    return {
      ...empty(206, { ...type, 'content-range': contentRange(first, size), 'content-length': first.length }),
      ranges,
    };
  const several = multipartOf(ranges, size, contentType, boundary());
  return {
    ...empty(206, { 'content-type': several.contentType, 'content-length': several.length }),
    ...{ ranges, heads: several.heads, end: several.end },
  };
}

/** Whether the first byte is in it. */
export const hasFirstByte = ({ ranges }: Plan): boolean => ranges.some(({ offset }) => offset === 0);

/** Whether the last byte is in it. */
export const hasLastByte = ({ ranges }: Plan, { size }: Content): boolean =>
  ranges.some((range) => endOf(range) === size);

export interface SendOptions {
  readonly host: Host;
  readonly limits: ServeLimits;
  readonly base: BaseVersion;
  /** Also aborted when the server stops for good. */
  readonly signal: AbortSignal;
}

/** Throws what reading the ISO and the client do; what was begun is then to be cut off. */
export async function sendPlan(
  exchange: Exchange,
  plan: Plan,
  content: Content,
  { host, limits, base, signal }: SendOptions,
): Promise<void> {
  const { response } = exchange;
  response.writeHead(plan.status, plan.headers);
  if (exchange.isHead || plan.ranges.length === 0) {
    response.end();
    return;
  }
  exchange.streamed = true;
  const outlet = new Outlet(response, {
    ...{ clock: host.clock, stallMs: limits.stallMs, rate: limits.rate, signal },
  });
  try {
    for (const [index, range] of plan.ranges.entries()) {
      const head = plan.heads[index];
      if (head !== undefined) await outlet.send(head);
      await sendRange({ files: host.files, content, base, signal }, range, outlet);
    }
    if (plan.end !== undefined) await outlet.send(plan.end);
    response.end();
  } finally {
    outlet.close();
    exchange.sent = outlet.sent;
  }
}
