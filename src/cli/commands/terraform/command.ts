/** `opsctl terraform`: profiles and edge clusters of Palette as Terraform. */
import type { CommandDefinition } from '../../command.ts';

const validate: CommandDefinition = {
  name: 'validate',
  summary: 'check Terraform for Palette, whoever wrote it',
  prints: true,
  description:
    'Reports blocks that are not closed, and what the examples of the documentation of Palette get wrong, each with file, line ' +
    'and column. Says nothing when all is well; ends with 2 if there is an error. It does not ask Terraform.',
  args: [{ name: '[file...]', help: 'files of Terraform, or - for stdin' }],
  options: [{ flags: '--json', help: 'print a JSON object' }],
  examples: [{ line: 'opsctl terraform validate main.tf', does: 'Check a file:' }],
  load: () => import('./validate-action.ts').then((module) => module.terraformValidate),
};

export const terraformCommand: CommandDefinition = {
  name: 'terraform',
  summary: 'print a profile as Terraform',
  prints: true,
  description:
    'Prints the registries, packs and the cluster profile of a file for the provider spectrocloud/spectrocloud, and the edge-native ' +
    'cluster that the file has under cluster; formatted as terraform fmt does. Whatever the values hold stands there as text. A ' +
    'profile with errors is refused.',
  args: [{ name: '[file]', help: 'file of a profile, or the JSON that Palette exports; - for stdin' }],
  options: [
    { flags: '-o, --output <file>', help: 'write it to a file' },
    { flags: '--force', help: 'replace a file that exists' },
  ],
  examples: [{ line: 'opsctl terraform profile.yaml -o main.tf', does: 'Make what Terraform applies:' }],
  subcommands: [validate],
  load: () => import('./action.ts').then((module) => module.terraform),
};
