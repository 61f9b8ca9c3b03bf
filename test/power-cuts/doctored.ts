/** Logs as installers with faults would leave them: the campaign must find each fault, or it would find none. */
import type { LogEntry, WriteLog } from './write-log.ts';

/** A forgotten fsync: the flushes among the entries from `from` to before `to` are gone. */
export function withoutFlushes(log: WriteLog, from: number, to: number): WriteLog {
  return {
    ...log,
    entries: log.entries.filter(({ flush }, index) => !(flush && index >= from && index < to)),
  };
}

/** A mark that is set too early: the last write and what it waits for come behind entry `at`. */
export function lastWriteAt(log: WriteLog, at: number): WriteLog {
  const index = log.entries.findLastIndex(({ data }) => data !== undefined);
  const last = log.entries[index] as LogEntry;
  const others = log.entries.toSpliced(index, 1);
  const flush: LogEntry = { offset: 0, length: 0, flush: true, fua: false, data: undefined };
  return { ...log, entries: others.toSpliced(at, 0, last, flush) };
}
