/**
 * A conversation in which Esc goes one question back. The questions stand in an ordinary function, with its branches
 * and loops; what was answered is written down, and to go back the function is run again with all answers but the
 * last one. So no question has to know which one came before it.
 */
import { OpsError } from '../../errors.ts';
import { type Ask, isCtrlC, WentBack } from './ask.ts';

export interface Conversation extends Ask {
  /** Says something between questions, once. */
  tell(text: string): void;
  /** Says something while an answer is being checked. */
  aside(text: string): void;
  /** Does something between questions (a download, a look at the disks), once until a question before it is asked again. */
  once<T>(action: () => Promise<T>): Promise<T>;
  /** The last answer, or the last `count`, decided nothing (it asked to see something): Esc passes over it. */
  passOver(count?: number): void;
}

/** The person has left. */
const left = (cause: unknown, again: string) =>
  new OpsError('interrupted', 'left', 'You left: nothing was written.', {
    cause,
    hint: `To start again, run \`${again}\`.`,
  });

interface Entry {
  readonly kind: 'answer' | 'between';
  readonly value: unknown;
}

/**
 * Runs `flow` to its end. Effects belong after its last question: what `once` does changes nothing. Throws `left`
 * (interrupted) for an Esc at the first question and for Ctrl-C at any, and what the flow throws.
 */
export async function withWayBack<T>(
  ask: Ask,
  tell: (text: string) => void,
  flow: (conversation: Conversation) => Promise<T>,
  /** What starts it again. */
  again = 'sudo opsctl install',
): Promise<T> {
  const known: Entry[] = [];
  /** What was answered to the question that is asked again. */
  let revised: Entry | undefined;
  for (;;) {
    try {
      return await flow(replaying());
    } catch (error) {
      if (isCtrlC(error)) throw left(error, again);
      if (!(error instanceof WentBack)) throw error;
      revised = undefined;
      while (known.length > 0 && revised === undefined) {
        const last = known.pop();
        if (last?.kind === 'answer') revised = last;
      }
      if (revised === undefined) throw left(error, again);
    }
  }

  function replaying(): Conversation {
    let position = 0;
    const next = async <A>(kind: Entry['kind'], make: () => Promise<A>): Promise<A> => {
      const entry = known[position];
      if (entry === undefined) known.push({ kind, value: await make() });
      position++;
      return known[position - 1]?.value as A;
    };
    /** The earlier answer is offered again. */
    const asked = <Q extends object, A>(question: Q, put: (question: Q & { first: boolean }) => Promise<A>) =>
      next('answer', () => {
        const before = revised;
        revised = undefined;
        const first = known.every(({ kind }) => kind === 'between');
        return put({ ...question, first, ...(before === undefined ? {} : { default: before.value }) });
      });
    return {
      select: (question) => asked(question, (given) => ask.select(given)),
      input: (question) => asked(question, (given) => ask.input(given)),
      // A secret is typed again.
      password: (question) =>
        next('answer', () => {
          revised = undefined;
          return ask.password(question);
        }),
      confirm: (question) => asked(question, (given) => ask.confirm(given)),
      tell: (text) => {
        const entry = known[position];
        if (entry === undefined) {
          tell(text);
          known.push({ kind: 'between', value: undefined });
        }
        position++;
      },
      // Over the line of the question, which is drawn again below.
      aside: (text) => tell(`\r\x1b[K${text}`),
      once: (action) => next('between', action),
      passOver: (count = 1) => {
        for (const [index, entry] of known.slice(position - count, position).entries())
          known[position - count + index] = { ...entry, kind: 'between' };
      },
    };
  }
}
