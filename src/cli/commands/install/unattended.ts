/**
 * An installation that asks nobody: whoever stands before the machine sees its lines whichever console they look at,
 * and whoever comes later reads how it ended at the login prompt, after logging in and in `opsctl status`.
 */
import { parseCommandLine } from '../../../config/command-line/command-line.ts';
import { exitCodeOf, messageOf, OpsError } from '../../../errors.ts';
import type { Host } from '../../../host/ports.ts';
import { withMediumKeys } from '../../../install/medium/own-keys.ts';
import { type InstallRecord, writeInstallRecord } from '../../../install/record.ts';
import type { CommandContext, Terminal } from '../../command.ts';
import { failureText } from '../../report.ts';
import { withoutSystemErrors } from '../../system-error.ts';
import { opsctlVersion } from '../../version.ts';

/** The kernel's list of its consoles, by name; /dev/console is the last (Linux, drivers/tty/tty_io.c). */
const activeConsoles = '/sys/class/tty/console/active';
/** agetty(8) shows it above the prompt, pam_motd(8) after logging in. */
const notices = ['/run/issue.d/bos-install.issue', '/run/motd.d/bos-install'] as const;

/**
 * Does the `work`, whose lines also go to the other consoles when the command line asks for a silent installation.
 * Throws what it throws.
 */
export async function unattended(
  context: CommandContext,
  work: (context: CommandContext) => Promise<number>,
): Promise<number> {
  const { host, terminal } = context;
  if (!(await isSilent(host))) return (await import('./watched.ts')).watched(context, work);
  const others = new OtherConsoles(host, await consolesBeside(host));
  try {
    const exitCode = await work({ ...context, terminal: onAll(terminal, others) });
    await tellLater(host, { v: 1, ok: true, exitCode, message: 'The installation is complete' });
    return exitCode;
  } catch (thrown) {
    const error = withoutSystemErrors(thrown, [], '/');
    const options = { verbose: false, version: await opsctlVersion() };
    others.write(failureText(error, { columns: terminal.columns, color: false, stderrIsTty: true }, options));
    await tellLater(host, recordOf(error));
    throw thrown;
  } finally {
    await others.written();
  }
}

/** Also when other arguments are faulty: that is one of the ends to tell. */
async function isSilent(host: Host): Promise<boolean> {
  const { layer } = parseCommandLine(await host.files.readText('/proc/cmdline'));
  const said = layer.entries.get('bos.install.silent')?.value;
  if (said !== undefined) return said === true;
  // Faults of the medium's file are told by the installation.
  const keys = await withMediumKeys(host, layer, { started: true }).catch(() => undefined);
  return keys?.silentBy !== undefined;
}

/** Every console but the one that this process writes to. */
async function consolesBeside(host: Host): Promise<string[]> {
  try {
    const all = (await host.files.readText(activeConsoles)).trim().split(/\s+/).filter(Boolean);
    const own = /^\/dev\/(tty\w+)$/.exec(await host.files.realPath('/proc/self/fd/1').catch(() => ''));
    // tty0 is whichever of the screens is in front, tty1 at first.
    const name = own === null ? all.at(-1) : own[1]?.replace(/^tty1$/, 'tty0');
    return all.filter((console) => console !== name).map((console) => `/dev/${console}`);
  } catch {
    // One console is enough to install.
    return [];
  }
}

/** Consoles that nothing waits for: one that does not take a line loses it, and the installation goes on. */
class OtherConsoles {
  readonly #host: Host;
  readonly #paths: readonly string[];
  #last: Promise<unknown> = Promise.resolve();

  constructor(host: Host, paths: readonly string[]) {
    this.#host = host;
    this.#paths = paths;
  }

  write(text: string): void {
    this.#last = this.#last.then(() =>
      Promise.all(this.#paths.map((path) => this.#host.files.append(path, text).catch(() => {}))),
    );
  }

  written(): Promise<unknown> {
    return this.#last;
  }
}

/** Plain lines: what moves the cursor of one console makes no sense on another. */
const onAll = ({ columns, out, err }: Terminal, others: OtherConsoles): Terminal => ({
  ...{ stdinIsTty: false, stdoutIsTty: false, stderrIsTty: false, columns, color: false },
  out: (text) => {
    out(text);
    others.write(text);
  },
  err: (text) => {
    err(text);
    others.write(text);
  },
});

function recordOf(error: unknown): InstallRecord {
  const base = { v: 1, ok: false, exitCode: exitCodeOf(error), message: messageOf(error) } as const;
  if (!(error instanceof OpsError)) return base;
  const { details, hint } = error;
  return {
    ...base,
    ...(details.length === 0 ? {} : { details: [...details] }),
    ...(hint === undefined ? {} : { hint }),
  };
}

/** Where it cannot be written, the consoles have said it. */
async function tellLater(host: Host, record: InstallRecord): Promise<void> {
  const { files } = host;
  try {
    await writeInstallRecord(files, record);
    const { ok, message, details = [], hint } = record;
    const lines = ok
      ? [`${message}: remove the medium, then restart with reboot.`]
      : [
          `The unattended installation failed: ${message}`,
          ...details.map((line) => `  ${line}`),
          ...(hint === undefined ? [] : [hint]),
          'What was done: sudo less /var/log/bos/install.log',
        ];
    const text = `\n${lines.join('\n')}\n\n`;
    for (const path of notices) {
      await files.makeDir(path.slice(0, path.lastIndexOf('/')));
      // agetty(8) takes what follows a backslash for an instruction.
      await files.write(path, path.endsWith('.issue') ? text.replaceAll('\\', String.raw`\\`) : text);
    }
  } catch {}
}
