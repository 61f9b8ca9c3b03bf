/** User data that a person names, `-` among them, with what is wrong with them. */
import type { Diagnostic } from '../../../config/diagnostics.ts';
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
    return { file, bytes, ...validateUserData(bytes, file, { ...use, now: host.clock.now() }) };
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    const message = `cannot be read: ${whyNamed(error)}`;
    const diagnostics: readonly Diagnostic[] = [{ severity: 'error', place: { file }, message }];
    return { file, bytes: new Uint8Array(), mode: undefined, diagnostics };
  }
}

/** Where the reasons are, for errors. */
export const reasonsHint = 'Fix what is listed. docs/edge-media.md has the reasons.';
