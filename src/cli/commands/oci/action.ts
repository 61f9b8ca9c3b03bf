/** Runs `opsctl oci push`, `pull`, `join` and `inspect`. */
import { basename, resolve } from 'node:path';
import { formatBytes } from '../../../formats/size.ts';
import type { Host } from '../../../host/ports.ts';
import { inspectOci } from '../../../image/oci/inspect.ts';
import { joinImages } from '../../../image/oci/join.ts';
import { pullImage } from '../../../image/oci/pull.ts';
import { pushImage } from '../../../image/oci/push.ts';
import { parseReference, type Reference, registryNamed, renderReference } from '../../../oci/reference.ts';
import type { CommandAction, OptionValues } from '../../command.ts';
import { ociReportText } from './report.ts';
import { finish, networked, transfer } from './transfer.ts';

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

/** In a folder the archive has the name of the image. */
async function outputOf(host: Host, given: string, { repository, tag, digest }: Reference): Promise<string> {
  const path = resolve(host.system.cwd(), given);
  if ((await host.files.stat(path))?.type !== 'directory') return path;
  return `${path}/${basename(repository)}-${tag ?? digest?.replace(':', '-')}.tar`;
}
