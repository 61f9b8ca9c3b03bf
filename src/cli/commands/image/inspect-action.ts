/** What `opsctl image inspect` does. */
import { refused } from '../../../errors.ts';
import { withImageFile } from '../../../image/disk.ts';
import { inspectImage } from '../../../image/inspect/inspect.ts';
import type { CommandAction } from '../../command.ts';
import { imageReportText } from './report.ts';

export const imageInspect: CommandAction = async ({ host, terminal, signal }, [image], options) => {
  const path = String(image);
  const quick = options.quick === true;
  const report = await withImageFile(host, path, 'r', (file) => inspectImage(file, path, { quick, signal }));
  terminal.out(
    options.json === true
      ? `${JSON.stringify(report, null, 2)}\n`
      : imageReportText(report, terminal.columns),
  );
  // Of somebody else's it is not known what is right.
  if (report.system === null || report.faults.length === 0) return 0;
  throw refused('image-faulty', `${path} has faults`, {
    details: report.faults,
    hint: 'Copy or make it again.',
  });
};
