/**
 * What a step writes: text that stands in the plan, or a file that is read when the step runs and must then have
 * the digest the plan was made with. Secrets are never text in a plan: they are files with a name.
 */
import { refused } from '../../../errors.ts';
import { sha256Of } from '../../../host/digest.ts';
import type { StepContext } from '../../../plan/plan.ts';
import type { Content } from './content-schema.ts';

/** The bytes of a content; throws `source-changed` (refused) when a file is not what the plan was made with. */
export async function readContent(content: Content, context: StepContext): Promise<Buffer> {
  const bytes = await rereadContent(content, context);
  if (content.from === 'text') return bytes;
  const path = context.resolve(content.path);
  if (bytes.length !== content.size || sha256Of(bytes) !== content.sha256) {
    throw refused('source-changed', `${path} is not the file that the plan was made with`, {
      hint: 'Run the command again.',
    });
  }
  return bytes;
}

/** The same of what had its digest when it was written: what is read back is compared with it, not hashed once more. */
export async function rereadContent(content: Content, context: StepContext): Promise<Buffer> {
  if (content.from === 'text') return Buffer.from(content.text, 'utf8');
  return context.host.files.read(context.resolve(content.path));
}

/** Preflight of a content: its file is there with its size. */
export async function checkContent(content: Content, context: StepContext): Promise<void> {
  if (content.from === 'text') return;
  const path = context.resolve(content.path);
  const stat = await context.host.files.stat(path);
  if (stat?.size === content.size) return;
  throw refused(
    'source-changed',
    `${path} is ${stat === undefined ? 'missing' : 'not the file planned with'}`,
    {
      hint: 'Run the command again.',
    },
  );
}
