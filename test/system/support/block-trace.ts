/**
 * What the kernel of a machine under test wrote to its disks, request by request: traced where the requests go to the
 * device (block_rq_issue of Documentation/trace/events.rst), behind file systems, caches and whatever program they
 * come from.
 */

import type { ByteRange } from '../../../src/formats/byte-range.ts';
import type { Session } from '../../../src/vm/session.ts';
import { ok } from './boots.ts';

export interface Write extends ByteRange {
  /** `254:0` */
  readonly device: string;
}

const tracing = '/sys/kernel/tracing';
const inTracing = (session: Session, command: string) =>
  ok(session, `sudo sh -c 'cd ${tracing} && ${command}'`);

/** Traces from now on; `writesOf` reads and forgets. */
export async function traceWrites(session: Session): Promise<void> {
  await ok(session, `mountpoint -q ${tracing} || sudo mount -t tracefs nodev ${tracing}`);
  await inTracing(session, 'echo 4096 > buffer_size_kb && echo 1 > events/block/block_rq_issue/enable');
}

/** Every write since the last call, in order; discards count as writes. */
export async function writesOf(session: Session): Promise<Write[]> {
  // `254,0 WS 4096 () 2048 + 8 [node]`: device, kind, bytes, sector of 512 bytes, sectors. A flush has none.
  const line = String.raw`s/.*block_rq_issue: \([0-9]*\),\([0-9]*\) [A-Z]*[WD][A-Z]* [^+]* \([0-9]*\) + \([1-9][0-9]*\) .*/w \1:\2 \3 \4/p`;
  await ok(session, `printf %s '${line}' > /tmp/trace.sed`);
  const text = await inTracing(
    session,
    'cat per_cpu/*/stats | grep overrun; sed -n -f /tmp/trace.sed trace; echo > trace',
  );
  const lost = [...text.matchAll(/^overrun: ([1-9]\d*)/gm)];
  if (lost.length > 0) throw new Error(`the buffer of the trace was too small: ${lost[0]?.[1]} were lost`);
  return [...text.matchAll(/^w (\d+:\d+) (\d+) (\d+)\r?$/gm)].map(([, device = '', sector, count]) => ({
    device,
    offset: Number(sector) * 512,
    length: Number(count) * 512,
  }));
}
