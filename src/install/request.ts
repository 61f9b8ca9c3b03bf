/**
 * What the user asked for: flags first, then `bos.install.*` of the kernel command line, then defaults. Prompts only
 * complete a request; nothing else decides later what was wanted.
 */
import { z } from 'zod';
import type { Config, Layer } from '../config/config.ts';
import type { Diagnostic } from '../config/diagnostics.ts';
import * as checks from '../config/keys/checks.ts';
import { usage } from '../errors.ts';
import { carriedKeys, leftBehind } from './carried-keys.ts';

/** The flags of `opsctl install`, as commander names them. */
export const installFlagsSchema = z.object({
  config: z.string().min(1).optional(),
  forceEfi: z.boolean().optional(),
  noFormat: z.boolean().optional(),
  takeover: z.boolean().optional(),
  overlay: z.string().optional(),
  output: z.string().min(1).optional(),
  boot: z.string().min(1).optional(),
  tty: z.string().optional(),
  debug: z.boolean().optional(),
  poweroff: z.boolean().optional(),
  silent: z.boolean().optional(),
  dryRun: z.boolean().optional(),
  json: z.boolean().optional(),
  wipe: z.boolean().optional(),
  allowNoLogin: z.boolean().optional(),
  allowWarnings: z.boolean().optional(),
  insecure: z.boolean().optional(),
  fromCommandLine: z.boolean().optional(),
  facts: z.string().min(1).optional(),
  cmdline: z.string().optional(),
  sha256: z.string().optional(),
  publicKey: z.string().optional(),
  caFile: z.string().optional(),
  varDevice: z.string().min(1).optional(),
});
export type InstallFlags = z.infer<typeof installFlagsSchema>;

/** `ttyS0`, `hvc0`, with a speed as the kernel writes it: `ttyS0,115200n8`. */
const tty = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9]*(,[0-9]+[noe]?[5-8]?r?)?$/, 'expected a name such as ttyS0');

const disk = z
  .string()
  .min(1)
  .superRefine((value, context) => {
    const fault = checks.disk(value);
    if (fault !== undefined) context.addIssue(fault);
  });

export const installRequestSchema = z.strictObject({
  /** What was named or described, by a flag or on the command line. Undefined: choose one. */
  device: disk.optional(),
  /** A disk of its own for /var, named or described in the same way. */
  varDevice: disk.optional(),
  configUrl: z.string().min(1).optional(),
  /** The ISO to install from; undefined: the medium of this system. */
  isoUrl: z.string().min(1).optional(),
  /** What that ISO must be, lower-case hex. */
  isoSha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'expected the 64 hex digits of a SHA-256')
    .optional(),
  /** Of minisign: the manifest of the medium must be signed with it. */
  publicKey: z.string().optional(),
  /** Certificates to trust beside the usual ones. */
  caFile: z.string().min(1).optional(),
  silent: z.boolean(),
  wipe: z.boolean(),
  /** Unattended, and also over what the same request has installed, whole or damaged. */
  always: z.boolean(),
  forceEfi: z.boolean(),
  /** Onto a partition that is there, as it is; `device` is that partition. */
  noFormat: z.boolean(),
  allowNoLogin: z.boolean(),
  /** Silent, and also with warnings about how the node joins or is logged in to. */
  allowWarnings: z.boolean(),
  /** Also from a URL whose answers nothing verifies. */
  insecure: z.boolean(),
  /** Undefined: the consoles of this boot are carried over as they are. */
  tty: tty.optional(),
  debug: z.boolean(),
  /** What happens to the machine after success. */
  after: z.enum(['stay', 'reboot', 'power-off']),
  dryRun: z.boolean(),
});

export interface InstallRequest extends z.infer<typeof installRequestSchema> {
  /** Of an unattended installation that the kernel command line asks for: what the initrd knows it by. */
  readonly id?: string;
  /** It is the medium's own file that makes it unattended. */
  readonly byMedium?: true;
  /** Keys for the installed system that were given here rather than in its file: command line, prompts. */
  readonly config: Config;
  /** Powering off was asked for by the kernel command line of this boot, not by the command that was typed. */
  readonly inheritsPowerOff?: true;
  /** What the kernel command line says that has no effect, or not the one that was meant. */
  readonly warnings?: readonly Diagnostic[];
}

/**
 * Makes the request. `commandLine` is the configuration of the kernel command line. That it says `silent` or `wipe`
 * counts as consent only for the installer that it started (`fromCommandLine`), not for a command that a person
 * types later in the same system. Throws OpsError (usage): `request-invalid`.
 */
export function requestOf(
  args: { readonly device?: string | undefined; readonly isoUrl?: string | undefined },
  flags: InstallFlags,
  commandLine: Config,
): InstallRequest {
  const started = flags.fromCommandLine === true;
  const powerOff = flags.poweroff ?? commandLine['bos.install.power_off'] ?? false;
  const terminal = flags.tty ?? commandLine['bos.install.tty'];
  const device = args.device ?? commandLine['bos.install.device'];
  const varDevice = flags.varDevice ?? commandLine['bos.install.var_device'];
  const configUrl = flags.config ?? commandLine['bos.install.config_url'];
  const isoUrl = args.isoUrl ?? commandLine['bos.install.iso_url'];
  // A digest stands for the ISO beside which it was given.
  const isoSha256 =
    flags.sha256 ?? (args.isoUrl === undefined ? commandLine['bos.install.iso_sha256'] : undefined);
  const publicKey = flags.publicKey ?? commandLine['bos.install.public_key'];
  const caFile = flags.caFile ?? commandLine['bos.install.ca_file'];
  const parsed = installRequestSchema.safeParse({
    ...(device === undefined ? {} : { device }),
    ...(varDevice === undefined ? {} : { varDevice }),
    ...(configUrl === undefined ? {} : { configUrl }),
    ...(isoUrl === undefined ? {} : { isoUrl }),
    ...(isoSha256 === undefined ? {} : { isoSha256: isoSha256.toLowerCase() }),
    ...(publicKey === undefined ? {} : { publicKey }),
    ...(caFile === undefined ? {} : { caFile }),
    silent: flags.silent ?? (started && (commandLine['bos.install.silent'] ?? false)),
    wipe: flags.wipe ?? (started && (commandLine['bos.install.wipe'] ?? false)),
    always: commandLine['bos.install.always'] ?? false,
    forceEfi: flags.forceEfi ?? commandLine['bos.install.force_efi'] ?? false,
    noFormat: flags.noFormat || (commandLine['bos.install.no_format'] ?? false),
    allowNoLogin: flags.allowNoLogin ?? commandLine['bos.install.allow_no_login'] ?? false,
    allowWarnings: flags.allowWarnings ?? commandLine['bos.install.allow_warnings'] ?? false,
    insecure: flags.insecure ?? insecureOf(args, flags, commandLine),
    ...(terminal === undefined || terminal === 'auto' ? {} : { tty: terminal.replace(/^\/dev\//, '') }),
    debug: flags.debug ?? commandLine['bos.install.debug'] ?? false,
    after: powerOff ? 'power-off' : started ? 'reboot' : 'stay',
    dryRun: flags.dryRun ?? false,
  });
  if (!parsed.success) {
    throw usage('request-invalid', 'These install options are invalid', {
      details: parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`),
      hint: 'See `opsctl install --help`.',
    });
  }
  const inherited = !started && flags.poweroff === undefined && powerOff;
  return {
    ...parsed.data,
    config: carriedKeys(commandLine, configUrl),
    ...(inherited ? { inheritsPowerOff: true } : {}),
  };
}

/** Consent on the command line is to the ISO that stands there, not to one that somebody types later. */
const insecureOf = (
  { isoUrl }: Parameters<typeof requestOf>[0],
  { fromCommandLine }: InstallFlags,
  commandLine: Config,
): boolean =>
  fromCommandLine === true && isoUrl === undefined && (commandLine['bos.install.insecure'] ?? false);

/** A k3OS that is to be replaced says much on its command line; only to an installer that it started is that a fault. */
export const meantForUs = (diagnostics: readonly Diagnostic[], started: boolean): readonly Diagnostic[] =>
  diagnostics.filter(({ key = '' }) => started || !/^k3os\./i.test(key));

/** The request with what is doubtful about the kernel command line that it was made of, and what stays behind. */
export const withWarnings = (
  request: InstallRequest,
  diagnostics: readonly Diagnostic[],
  commandLine: Layer,
): InstallRequest => ({
  ...request,
  warnings: [
    ...diagnostics.filter(({ severity }) => severity === 'warning'),
    ...leftBehind(commandLine, request.configUrl),
    ...(request.inheritsPowerOff ? powerOffWarning(commandLine) : []),
  ],
});

function powerOffWarning({ entries }: Layer): Diagnostic[] {
  const key = 'bos.install.power_off';
  const place = entries.get(key)?.place ?? { file: 'kernel command line' };
  const message = 'counts for this command too: the machine powers off when it has installed';
  return [{ severity: 'warning', place, key, message }];
}

/** The request with the id that the initrd gave it: only what comes again by itself with each boot has one. */
export const identified = (request: InstallRequest, id: string | undefined): InstallRequest =>
  request.silent && id !== undefined && id !== '' ? { ...request, id } : request;

/** What comes of a request that the next boot makes again. */
export const againOf = ({
  id,
  always,
}: Pick<InstallRequest, 'id' | 'always'>): { readonly again?: 'starts' | 'installs' } =>
  id === undefined ? {} : { again: always ? 'installs' : 'starts' };

/** What follows the dot is for the initrd (src/install/medium/own-keys.ts). */
export const isSameRequest = (one: string | undefined, other: string | undefined): boolean =>
  one !== undefined && one.split('.')[0] === other?.split('.')[0];
