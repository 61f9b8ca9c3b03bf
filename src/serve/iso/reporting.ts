/** Puts into a machine's ISO what it reports by. */
import { createHash } from 'node:crypto';
import type { Image } from '../../iso/image.ts';
import type { ExtraFile } from '../../iso/pxe/initrd.ts';
import type { RemasterRequest } from '../../iso/request.ts';
import { manifestPath } from '../../media/manifest.ts';
import { reportFilePath } from '../../operation/announce/report-file.ts';
import type { MachineRequest } from '../machines/request.ts';
import type { Medium } from './medium.ts';

/** Whether it is of ours: systems of others do not know the file. */
const ours = new WeakMap<Image, Promise<boolean>>();

const isOurs = (image: Image): Promise<boolean> => {
  const known = ours.get(image) ?? image.iso.stat(manifestPath).then((entry) => entry?.type === 'file');
  ours.set(image, known);
  known.catch(() => ours.delete(image));
  return known;
};

export async function withReport(
  asked: MachineRequest,
  medium: Medium,
  bytes: Buffer | undefined,
): Promise<MachineRequest> {
  if (bytes === undefined || medium.kind !== 'iso' || !(await isOurs(medium.image))) return asked;
  const { request, key, versions } = asked;
  // A file of the person's own at that place counts.
  if (request.put?.some(({ path }) => path === reportFilePath)) return asked;
  const put = [
    ...(request.put ?? []),
    { path: reportFilePath, content: { kind: 'bytes' as const, bytes }, executable: false },
  ];
  const digest = createHash('sha256').update(bytes).digest('base64url');
  return { request: { ...request, put }, key: `${key} ${digest}`, versions };
}

/** What is in a request of it. */
export const reportOf = ({ put = [] }: RemasterRequest): ExtraFile[] =>
  put.flatMap(({ path, content }) =>
    path === reportFilePath && content?.kind === 'bytes' ? [{ path, bytes: content.bytes }] : [],
  );
