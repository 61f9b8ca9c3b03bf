/**
 * Everything that helps to understand an installation, without its secrets, in one file: the journals of this boot,
 * what the kernel said, how the system was started and what probing sees now. What is not there is said, not fatal.
 */
import { dirname } from 'node:path/posix';
import { parseCommandLine } from '../config/command-line/command-line.ts';
import { secretsOf } from '../config/keys/secrets.ts';
import { redactor } from '../config/redact.ts';
import { merge } from '../config/sources/merge.ts';
import { bootRecordPath } from '../disk/probe/boot-record.ts';
import { probeMachine } from '../disk/probe/probe.ts';
import { messageOf } from '../errors.ts';
import type { Host } from '../host/ports.ts';
import { installLogPath } from '../operation/journal.ts';

export const reportPath = '/var/log/bos/install-report.json';

const texts = [
  installLogPath,
  '/var/log/bos/config.log',
  bootRecordPath,
  '/run/bos/initrd.log',
  '/run/bos/config.out',
  '/run/bos/fsck.log',
  '/proc/cmdline',
  '/proc/self/mountinfo',
  '/proc/meminfo',
] as const;

export interface InstallReport {
  readonly v: 1;
  /** Milliseconds since 1970, UTC. */
  readonly at: number;
  readonly opsctl: string;
  /** By path; for what could not be read the reason in its place. */
  readonly texts: Readonly<Record<string, string>>;
  /** What `dmesg` prints. */
  readonly kernel: string;
  /** As `opsctl facts` prints them, or why there are none. */
  readonly facts: unknown;
}

/** Writes the report; returns where it is. `version` is that of opsctl. Needs root to see everything. */
export async function writeReport(host: Host, version: string): Promise<string> {
  const { files, processes } = host;
  const [found, kernel, facts] = await Promise.all([
    Promise.all(texts.map(async (path) => [path, await orReason(files.readText(path))] as const)),
    orReason(processes.run('dmesg', []).then(({ stdout }) => stdout)),
    orReason(probeMachine(host)),
  ]);
  const report: InstallReport = {
    ...{ v: 1, at: host.clock.now(), opsctl: version },
    texts: Object.fromEntries(found),
    kernel,
    facts,
  };
  // The journals hide what they know to be secret; the kernel repeats its command line as it was.
  const commandLine = await files.readText('/proc/cmdline').catch(() => '');
  const redact = redactor(secretsOf(merge([parseCommandLine(commandLine).layer]).config));
  await files.makeDir(dirname(reportPath), 0o755);
  await files.writeAtomic(reportPath, `${redact(JSON.stringify(report, null, 2))}\n`, { mode: 0o600 });
  return reportPath;
}

const orReason = <T>(value: Promise<T>): Promise<T | string> =>
  value.catch((error: unknown) => `(${messageOf(error)})`);
