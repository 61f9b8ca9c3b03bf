/** Runs `opsctl iso inspect` and `opsctl iso verify`. */
import { refused } from '../../../errors.ts';
import { cached } from '../../../formats/cached-source.ts';
import { formatBytes } from '../../../formats/size.ts';
import { inspectIso } from '../../../iso/inspect/inspect.ts';
import { verifyIso } from '../../../iso/inspect/verify.ts';
import { localPath, openImage } from '../../../media/image.ts';
import { isRemote } from '../../../media/open-url.ts';
import { waitedFor } from '../../../operation/first-contact.ts';
import type { CommandAction, CommandContext } from '../../command.ts';
import { isoReportText } from './report.ts';

export const isoInspect: CommandAction = async (context, [iso], options) => {
  const { terminal, host, signal } = context;
  const place = String(iso);
  const report = await withImage(context, place, async (source, name) => {
    const whole = !isRemote(place) && options.quick !== true;
    const sha256 = whole ? await host.files.digest(localPath(place), { signal }) : undefined;
    return inspectIso(cached(source), name, sha256 === undefined ? {} : { sha256 });
  });
  terminal.out(
    options.json === true ? `${JSON.stringify(report, null, 2)}\n` : isoReportText(report, terminal.columns),
  );
  return 0;
};

export const isoVerify: CommandAction = async (context, [iso], options) => {
  const { terminal, signal } = context;
  const report = await withImage(context, String(iso), (source, name) => verifyIso(source, name, { signal }));
  const { faults, files, bytes, list, name, implanted, writtenLater } = report;
  if (options.json === true) terminal.out(`${JSON.stringify(report, null, 2)}\n`);
  if (faults.length > 0) {
    throw refused('iso-faulty', `${name} has faults`, {
      details: faults,
      hint: 'Copy or download it again and compare its SHA-256 with the published one.',
    });
  }
  if (options.json === true) return 0;
  const compared =
    list === null
      ? 'It has no list of digests, so its files were not compared.'
      : `${files - writtenLater.length} files (${formatBytes(bytes)}) match /${list}.`;
  const later = writtenLater.map(
    (path) =>
      `/${path} is newer than that list: the program that made the image wrote into it. Its own checksum matches.\n`,
  );
  const whole = implanted.map((maker) => `The whole image matches its implanted checksum (${maker}).\n`);
  terminal.out(
    `${name}: boot images, partition tables and folders are sound.\n${compared}\n${later.join('')}${whole.join('')}`,
  );
  return 0;
};

type Source = Parameters<typeof cached>[0];

/** Opens the image for as long as `action` takes. */
async function withImage<T>(
  { host, terminal, signal }: CommandContext,
  place: string,
  action: (source: Source, name: string) => Promise<T>,
): Promise<T> {
  const say = (line: string) => terminal.err(`${line}\n`);
  const image = await openImage(waitedFor(host), place, 'url:image', { say, signal });
  try {
    if (!image.ranges || !Number.isFinite(image.size)) {
      throw refused('url-no-ranges', `${image.name} can only be read from start to end`, {
        hint: 'Download it and give the path of the file.',
      });
    }
    return await action(image, image.name);
  } finally {
    await image.close();
  }
}
