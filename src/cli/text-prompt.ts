/**
 * A line of text, checked twice: softly while it is typed, so that a person sees when it fits, and for good on Enter.
 * The library's own input checks on Enter alone.
 */
import {
  createPrompt,
  isBackspaceKey,
  isEnterKey,
  makeTheme,
  useKeypress,
  usePrefix,
  useState,
} from '@inquirer/core';
import type { Validate } from './typed.ts';

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

  useKeypress(async (key, line) => {
    if (status !== 'idle') return;
    if (isEnterKey(key)) {
      const answer = value === '' ? fallback : value;
      setStatus('loading');
      const verdict = (await config.validate?.(answer)) ?? true;
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
  const below = error !== '' ? theme.style.error(error) : soft === undefined ? '' : theme.style.help(soft);
  const words = [prefix, theme.style.message(config.message, status), offered, shown];
  return [words.filter((word, index) => word !== '' || index === 3).join(' '), below];
});
