/** The command reference as Markdown. */
import type { CommandDefinition, OptionRow } from '../command.ts';
import { aliasName, type CommandNode, commonOptions, synopsis, versionOption, walk } from './tree.ts';

export function markdownReference(commands: readonly CommandDefinition[]): string {
  return [
    '# Commands',
    '',
    'Made by `opsctl help-markdown`; do not edit.',
    '',
    'Every command takes these options:',
    '',
    ...optionTable(commonOptions),
    '',
    `\`opsctl ${versionOption.flags.split(', ').at(-1)}\` prints the version. \`${aliasName}\` is another name of the same program, which older scripts use.`,
    ...walk(commands).flatMap(section),
    '',
  ].join('\n');
}

function section(node: CommandNode): string[] {
  const { path, command } = node;
  const options = (command.options ?? []).filter((option) => !option.hidden);
  return [
    '',
    `${'#'.repeat(path.length + 1)} opsctl ${path.join(' ')}`,
    '',
    cell(command.description ?? command.summary),
    '',
    '```',
    synopsis(node),
    '```',
    ...(command.args ?? []).flatMap(({ name, help }, index) => [
      ...(index === 0 ? ['', '| argument | |', '|---|---|'] : []),
      `| \`${cell(name)}\` | ${cell(help)} |`,
    ]),
    ...(options.length === 0 ? [] : ['', ...optionTable(options)]),
    ...(command.examples ?? []).flatMap(({ line, does }) => ['', cell(does), '', '```sh', line, '```']),
  ];
}

function optionTable(options: readonly OptionRow[]): string[] {
  return [
    '| option | |',
    '|---|---|',
    ...options.map((option) => `| \`${cell(option.flags)}\` | ${cell(helpOf(option))} |`),
  ];
}

function helpOf(option: OptionRow): string {
  return [
    option.help,
    ...(option.choices === undefined ? [] : [`one of ${option.choices.join(', ')}`]),
    ...(option.default === undefined ? [] : [`default \`${option.default}\``]),
    ...(option.repeatable ? ['may be repeated'] : []),
  ].join('; ');
}

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
