/** `opsctl completion`: shell completion made from the command tree. */
import type { CommandDefinition } from '../../command.ts';

export const completionCommand = (tree: () => readonly CommandDefinition[]): CommandDefinition => ({
  name: 'completion',
  summary: 'print a shell completion script',
  prints: true,
  description: 'Prints a script that completes commands, options and their values in a shell.',
  args: [{ name: '<shell>', help: 'bash, zsh or fish', words: ['bash', 'zsh', 'fish'] }],
  examples: [
    { line: 'source <(opsctl completion bash)', does: 'Complete in this bash session:' },
    {
      line: 'opsctl completion zsh > ~/.zfunc/_opsctl',
      does: 'Complete in every zsh session (the folder is in fpath):',
    },
    {
      line: 'opsctl completion fish > ~/.config/fish/completions/opsctl.fish',
      does: 'Complete in every fish session:',
    },
  ],
  load: () => import('./action.ts').then((module) => module.completion(tree())),
});
