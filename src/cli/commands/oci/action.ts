/** Runs `opsctl oci push`, `pull`, `join` and `inspect`. */
import { basename, resolve } from 'node:path';
import { runStep } from '../../../build/step.ts';
import { formatBytes } from '../../../formats/size.ts';
import type { Host } from '../../../host/ports.ts';
import { inspectOci } from '../../../image/oci/inspect.ts';
import { joinImages } from '../../../image/oci/join.ts';
import { pullImage } from '../../../image/oci/pull.ts';
import { pushImage, type TransferOptions, type Transferred } from '../../../image/oci/push.ts';
import { parseReference, type Reference, registryNamed, renderReference } from '../../../oci/reference.ts';
import { withNetwork } from '../../../operation/network.ts';
import { stamper } from '../../../plan/stamper.ts';
import type { CommandAction, CommandContext, OptionValues } from '../../command.ts';
import { renderer, rendererKind } from '../../render/index.ts';
import { ociReportText } from './report.ts';

export const ociPush: CommandAction = async (context, [archive, given], options) => {
  const reference = parseReference(String(given));
  const host = await networked(context, options);
  const made = await transfer(
    context,
    options,
    `Send the image to ${renderReference(reference)}`,
    (transferring) =>
      pushImage(
        host,
        { archive: String(archive), reference, plainHttp: options.plainHttp === true },
        transferring,
      ),
  );
  const sent = made.moved === 0 ? 'it had all of it' : `${formatBytes(made.moved)} of it sent now`;
  finish(context, options, `${made.reference} is there: ${formatBytes(made.bytes)}, ${sent}.`);
  return 0;
};

export const ociPull: CommandAction = async (context, [given], options) => {
  const reference = parseReference(String(given));
  const host = await networked(context, options);
  const output = await outputOf(host, String(options.output), reference);
  const made = await transfer(context, options, `Fetch ${renderReference(reference)}`, (transferring) =>
    pullImage(host, { reference, output, force: options.force === true, ...sourceOf(options) }, transferring),
  );
  finish(context, options, `${output} holds ${made.reference}: ${formatBytes(made.bytes)}.`);
  return 0;
};

export const ociJoin: CommandAction = async (context, [archives], options) => {
  const host = await networked(context, options);
  const output = resolve(host.system.cwd(), String(options.output));
  const made = await transfer(context, options, 'Join the images', (transferring) =>
    joinImages(
      host,
      { archives: (archives ?? []) as readonly string[], output, force: options.force === true },
      transferring,
    ),
  );
  finish(context, options, `${output} holds ${made.digest}: ${formatBytes(made.bytes)}.`);
  return 0;
};

export const ociInspect: CommandAction = async (context, [given], options) => {
  const { terminal, signal } = context;
  const host = await networked(context, options);
  const say = (line: string) => terminal.err(`${line}\n`);
  const report = await inspectOci(host, String(given), { ...sourceOf(options), say, signal });
  terminal.out(
    options.json === true ? `${JSON.stringify(report, null, 2)}\n` : ociReportText(report, terminal.columns),
  );
  return 0;
};

const sourceOf = (options: OptionValues) => ({
  plainHttp: options.plainHttp === true,
  mirrors: ((options.mirror ?? []) as readonly string[]).map(registryNamed),
});

const networked = ({ host }: CommandContext, { caFile }: OptionValues): Promise<Host> =>
  withNetwork(host, { config: {}, caFile: caFile === undefined ? undefined : String(caFile) });

/** In a folder the archive has the name of the image. */
async function outputOf(host: Host, given: string, { repository, tag, digest }: Reference): Promise<string> {
  const path = resolve(host.system.cwd(), given);
  if ((await host.files.stat(path))?.type !== 'directory') return path;
  return `${path}/${basename(repository)}-${tag ?? digest?.replace(':', '-')}.tar`;
}

/** Shows a transfer as one step. */
async function transfer(
  { host, terminal, signal, verbose }: CommandContext,
  options: OptionValues,
  title: string,
  work: (options: TransferOptions) => Promise<Transferred>,
): Promise<Transferred> {
  const json = options.json === true;
  const view = renderer(rendererKind(terminal, host.system.env, { json, verbose }), terminal);
  const emit = stamper(view.emit, () => host.clock.now());
  const id = 'transfer';
  emit({ type: 'plan', operation: 'oci', steps: [{ id, kind: id, title, destructive: false }] });
  try {
    return await runStep({ host, emit: view.emit }, { name: id, title }, (progress) =>
      work({ onProgress: progress, say: (message) => emit({ type: 'note', id, message }), signal }),
    );
  } finally {
    await view.end();
  }
}

function finish({ host, terminal }: CommandContext, options: OptionValues, message: string): void {
  if (options.json === true) {
    const emit = stamper(
      (event) => terminal.out(`${JSON.stringify(event)}\n`),
      () => host.clock.now(),
    );
    emit({ type: 'result', ok: true, exitCode: 0, message });
  } else terminal.out(`${message}\n`);
}
