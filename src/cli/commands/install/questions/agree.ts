/** The last question before a disk is written: in plain words what will be done and lost, and the word yes. */
import { refused } from '../../../../errors.ts';
import type { Plan } from '../../../../plan/plan.ts';
import { handlers, type Step } from '../../../../steps/index.ts';
import { planText } from '../../../render/plan-text.ts';
import { validateInput } from '../../../terminal/validate-input.ts';
import type { Conversation } from '../../../terminal/way-back.ts';

export interface Agreement {
  readonly summary: string;
  /** What a yes does: `install to /dev/sda`. */
  readonly action: string;
  readonly plan: Plan<Step>;
  /** What is said after a no. */
  readonly declined: string;
}

/** Shows the steps, too, if they are wanted. Throws `declined` (refused) for a no. */
export async function agreeTo(
  talk: Conversation,
  { summary, action, plan, declined }: Agreement,
  columns: number,
): Promise<void> {
  talk.tell(`\n${summary}\n`);
  for (;;) {
    const answer = await talk.input({
      message: `Type yes to ${action}, plan to see each step, no to stop:`,
      validate: validateInput((value) =>
        /^(yes|no?|plan)$/i.test(value) ? undefined : 'Type yes, plan or no.',
      ),
    });
    if (/^yes$/i.test(answer.trim())) return;
    if (!/^plan$/i.test(answer.trim())) throw refused('declined', declined);
    talk.passOver();
    await paged(talk, planText(plan, handlers, columns));
  }
}

/** What a screen of 25 rows holds beside the question below it. */
const pageRows = 20;

/** A page at a time: the steps that destroy stand first, and must not scroll away. */
async function paged(talk: Conversation, text: string): Promise<void> {
  const lines = text.trimEnd().split('\n');
  // Not a last page of one or two lines.
  const size = lines.length <= pageRows + 2 ? lines.length : pageRows;
  for (let start = 0; start < lines.length; start += size) {
    talk.tell(`\n${lines.slice(start, start + size).join('\n')}\n`);
    if (start + size >= lines.length) break;
    await talk.input({ message: `Enter: the next of ${Math.ceil(lines.length / size)} pages` });
    talk.passOver();
  }
}
