/** User data that a person names, `-` among them, with what is wrong with them. */
import { type Diagnostic, unreadableFile } from '../../../config/diagnostics.ts';
import { errorCode } from '../../../errors.ts';
import type { Host } from '../../../host/ports.ts';
import { whyNamed } from '../../../host/system-error.ts';
import type { EdgeMode, UserDataUse } from '../../../palette/edge/user-data-view.ts';
import { validateUserData } from '../../../palette/edge/validate-user-data.ts';
import { nameOf, readNamed } from '../config/read-files.ts';

export interface ReadUserData {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly mode: EdgeMode | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** A file that cannot be read has that as its fault. */
export async function readUserData(host: Host, named: string, use: UserDataUse): Promise<ReadUserData> {
  const file = nameOf(named);
  try {
    const bytes = await readNamed(host, named);
    const certificates = holdsCertificates(bytes)
      ? await import('../../../palette/edge/read-certificate.ts')
      : {};
    const { mode, diagnostics } = validateUserData(bytes, file, {
      ...{ ...use, ...certificates, now: host.clock.now() },
    });
    return { file, bytes, mode, diagnostics };
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    const diagnostics = [unreadableFile(file, whyNamed(error))];
    return { file, bytes: new Uint8Array(), mode: undefined, diagnostics };
  }
}

/** By the names of the keys that have them. */
const holdsCertificates = (bytes: Uint8Array): boolean =>
  ['caCerts', 'certificates'].some((name) => Buffer.from(bytes).includes(name));

/** Where the reasons are, for errors. */
export const reasonsHint = 'Fix what is listed. docs/edge-media.md has the reasons.';
