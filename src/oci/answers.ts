/** What a registry answers when it does not do what it was asked for, and small bodies read whole. */
import { z } from 'zod';
import { type OpsError, refused } from '../errors.ts';
import type { HttpStream } from '../host/ports.ts';
import { PassingFault, statusRefusal } from '../host/retry.ts';

const errorsSchema = z.object({
  errors: z.array(z.object({ code: z.string(), message: z.string().optional() })),
});
const errorLimit = 64 * 1024;
const shownErrors = 5;

/** The body, up to `limit` bytes; more is thrown as `tooLarge`. Lets go of the connection. */
export async function wholeBody(answer: HttpStream, limit: number, tooLarge: () => Error): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const piece of answer.body) {
      length += piece.length;
      if (length > limit) throw tooLarge();
      pieces.push(piece);
    }
  } finally {
    answer.close();
  }
  return Buffer.concat(pieces);
}

/**
 * What an answer that is no success is refused with; `what` was asked for, as a person calls it. Reads the body for the
 * registry's own words (distribution specification, "Error Codes"). Codes: `registry-denied`, `oci-missing`, and what
 * `statusRefusal` gives.
 */
export async function registryRefusal(what: string, answer: HttpStream): Promise<OpsError> {
  const details = await wordsOf(answer);
  const { status } = answer;
  if (status === 401 || status === 403)
    return refused('registry-denied', `The registry refuses access to ${what}`, {
      details,
      hint: 'Log in first, with `docker login`, or check that this account may read or write there.',
    });
  if (status === 404)
    return refused('oci-missing', `${what} does not exist`, {
      details,
      hint: 'Check the names of the registry, the repository and the tag. Some registries also say this to those who are not logged in.',
    });
  const error = statusRefusal(what, answer);
  const options = { details, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  return error instanceof PassingFault
    ? new PassingFault(error.code, error.message, { ...options, askedMs: error.askedMs })
    : refused(error.code, error.message, options);
}

async function wordsOf(answer: HttpStream): Promise<string[]> {
  try {
    const body = await wholeBody(answer, errorLimit, () => new Error('too long'));
    const { errors } = errorsSchema.parse(JSON.parse(body.toString('utf8')));
    return errors.slice(0, shownErrors).map(({ code, message }) => shownText(`${code}: ${message ?? ''}`));
  } catch {
    // Without words of its own the status says all there is.
    return [];
  }
}

/** A terminal must not be told anything by a server. */
const shownText = (text: string): string =>
  text
    .replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .trim()
    .slice(0, 300);
