/** What the figures of installing share: a live machine with the medium's files in memory, and its own clock. */
import { type Manifest, parseManifest } from '../src/media/manifest.ts';
import type { Session } from '../src/vm/session.ts';
import { bootLimit } from './bench.ts';

/** Where the medium is in a live system. */
const root = '/run/bos/medium';

export interface Live {
  readonly manifest: Manifest;
  /** The medium's files, relative to its root. */
  readonly files: readonly string[];
  /** Runs a command and returns what it printed; throws Error when it fails. */
  ok(command: string): Promise<string>;
  /** Keeps lines as a script that `sh` runs, with the medium's files read once before; returns its path. */
  script(name: string, lines: readonly string[]): Promise<string>;
}

/** Logs in and waits until nothing of the boot is at work any more: it must not count in one of two times. */
export async function enterLive(session: Session): Promise<Live> {
  await session.login('bhojpur', bootLimit);
  const ok = async (command: string) => {
    const { exitCode, stdout } = await session.run(command, { timeoutMs: 900_000 });
    if (exitCode !== 0) throw new Error(`${command}\nended with ${exitCode}:\n${stdout}`);
    return stdout;
  };
  await ok('systemctl is-system-running --wait || true');
  const manifest = parseManifest(await ok(`cat ${root}/bos/system/manifest.json`), 'the manifest');
  const files = manifest.files.map(({ path }) => path);
  const script = async (name: string, lines: readonly string[]) => {
    const text = ['set -e', `cd ${root}`, `cat ${files.join(' ')} >/dev/null`, ...lines].join('\n');
    await ok(`printf %s ${quote(text)} > /tmp/${name}`);
    return `/tmp/${name}`;
  };
  return { manifest, files, ok, script };
}

const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** Before each time that is measured: nothing is left to be written, no device still settles. */
export const settled = ['sync', 'udevadm settle'] as const;

/** Prints the machine's uptime before and after, in seconds. */
export const timed = (...commands: string[]) => [
  'read -r from idle </proc/uptime',
  ...commands,
  'read -r to idle </proc/uptime',
  'echo "from $from to $to"',
];

/** Milliseconds between the two times that `timed` printed. */
export function elapsed(output: string): number {
  const [, from, to] = /^from ([\d.]+) to ([\d.]+)$/m.exec(output) ?? [];
  if (from === undefined || to === undefined) throw new Error(`no times in:\n${output}`);
  return Math.round((Number(to) - Number(from)) * 1000);
}

/** Installs to the first virtio disk; events in /tmp/events. */
export const installCommand =
  'opsctl install /dev/vda --silent --allow-no-login --json >/tmp/events 2>/tmp/said || cat /tmp/said';
