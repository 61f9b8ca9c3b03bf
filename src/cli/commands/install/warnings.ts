/** Warnings about a configuration, as a person sees them before the yes. Pure. */
import { type Diagnostic, formatUnlabelled } from '../../../config/diagnostics.ts';
import { wrap } from '../../terminal/wrap.ts';

/** Empty when there are none. */
export function warningText(warnings: readonly Diagnostic[], width: number): string {
  if (warnings.length === 0) return '';
  const head = warnings.length === 1 ? 'There is a warning:' : `There are ${warnings.length} warnings:`;
  const lines = warnings.map((warning) => wrap(formatUnlabelled(warning), width, '  '));
  return [head, ...lines, ''].join('\n');
}
