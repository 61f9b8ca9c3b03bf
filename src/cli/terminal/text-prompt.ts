/**
 * A line of text, checked twice: softly while it is typed, so that a person sees when it fits, and for good on Enter.
 * The library's own input checks on Enter alone.
 */
import {
  createPrompt,
  isBackspaceKey,
  isEnterKey,
  makeTheme,
  useEffect,
  useKeypress,
  useMemo,
  usePrefix,
  useState,
} from '@inquirer/core';
import type { Validate } from './validate-input.ts';
import { wrap } from './wrap.ts';

export interface TextPrompt {
  readonly message: string;
  readonly default?: string;
  readonly validate?: Validate;
  readonly hint?: (value: string) => string | undefined;
}

export const textPrompt = createPrompt<string, TextPrompt>((config, done) => {
  const theme = makeTheme({});
  const [status, setStatus] = useState<'idle' | 'loading' | 'done'>('idle');
  const [value, setValue] = useState('');
  const [fallback, setFallback] = useState(config.default ?? '');
  const [error, setError] = useState<string>('');
  const prefix = usePrefix({ status, theme });
  // Esc and Ctrl-C end the prompt while an answer is still being checked.
  const ended = useMemo(() => new AbortController(), []);
  useEffect(() => () => ended.abort(), []);

  useKeypress(async (key, line) => {
    if (status !== 'idle') return;
    if (isEnterKey(key)) {
      const answer = value === '' ? fallback : value;
      setStatus('loading');
      const verdict = await judged(config.validate, answer, ended.signal);
      if (verdict === undefined) return;
      if (verdict === true) {
        setValue(answer);
        setStatus('done');
        done(answer);
      } else {
        // readline forgot the line with the Enter.
        line.write(value);
        setError(verdict);
        setStatus('idle');
      }
    } else if (isBackspaceKey(key) && value === '') {
      setFallback('');
    } else {
      setValue(line.line);
      setError('');
    }
  });

  const shown = status === 'done' ? theme.style.answer(value) : value;
  const offered =
    fallback !== '' && value === '' && status !== 'done' ? theme.style.defaultAnswer(fallback) : '';
  const soft = status === 'idle' && value !== '' ? config.hint?.(value) : undefined;
  const below =
    error !== ''
      ? theme.style.error(fitted(error))
      : soft === undefined
        ? ''
        : theme.style.help(fitted(soft));
  const words = [prefix, theme.style.message(config.message, status), offered, shown];
  return [words.filter((word, index) => word !== '' || index === 3).join(' '), below];
});

/** The library breaks lines within words; it puts two characters before an error. */
const fitted = (text: string) => wrap(text, 78);

/** Undefined when the prompt ended meanwhile, whatever the check came to. */
async function judged(
  validate: Validate | undefined,
  answer: string,
  signal: AbortSignal,
): Promise<true | string | undefined> {
  try {
    const verdict = (await validate?.(answer, signal)) ?? true;
    return signal.aborted ? undefined : verdict;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}
