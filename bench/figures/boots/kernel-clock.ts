/** The clock of a machine's kernel on the clock of its being switched on. */
import type { Session } from '../../../src/vm/session.ts';
import { bootLimit } from '../../bench.ts';
import { zeroOf } from '../../statistics.ts';

/**
 * When the kernel's clock began, in milliseconds of the session's; `error`: how far off that may be. Both clocks are read
 * together several times, in a machine that somebody is logged in to.
 */
export async function clockOf(session: Session): Promise<{ readonly zero: number; readonly error: number }> {
  const readings = [];
  for (let reading = 0; reading < 5; reading++) {
    const before = session.mark('before');
    const { stdout } = await session.run('read -r up idle </proc/uptime; echo $up', bootLimit);
    readings.push({ before, theirs: Number(stdout) * 1000, after: session.mark('after') });
  }
  return zeroOf(readings);
}
