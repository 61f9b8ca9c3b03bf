/** The manual page, in the man(7) macros, with every command on one page. */
import type { CommandDefinition, OptionRow } from '../command.ts';
import {
  aliasName,
  type CommandNode,
  commonOptions,
  programName,
  synopsis,
  versionOption,
  walk,
} from './tree.ts';

const exitStatus: readonly (readonly [number, string])[] = [
  [0, 'Done.'],
  [1, 'A bug in this program.'],
  [2, 'The usage or the configuration is wrong, on any machine.'],
  [3, 'Refused: this machine or network says no. Nothing was touched.'],
  [4, 'Failed, and what had been changed was put back.'],
  [5, 'Failed past the point of no return, or what had been changed could not be put back.'],
  [130, 'Interrupted.'],
];

export function manPage(commands: readonly CommandDefinition[], version: string): string {
  return [
    // No date: the same version gives the same page.
    `.TH ${programName.toUpperCase()} 8 "" "Bhojpur OS ${version}" "Bhojpur OS"`,
    '.SH NAME',
    `${programName}, ${aliasName} \\- build, boot, install and remaster Bhojpur OS`,
    '.SH SYNOPSIS',
    `.B ${programName}`,
    '.I command',
    '[options]',
    '.SH OPTIONS',
    ...[versionOption, ...commonOptions].flatMap(optionLines),
    '.SH COMMANDS',
    ...walk(commands).flatMap(commandLines),
    '.SH EXIT STATUS',
    ...exitStatus.flatMap(([code, meaning]) => ['.TP', `.B ${code}`, text(meaning)]),
    '.SH ENVIRONMENT',
    '.TP',
    '.B NO_COLOR',
    'If set and not empty, turns colours off.',
    '',
  ].join('\n');
}

function commandLines(node: CommandNode): string[] {
  const { command } = node;
  return [
    `.SS "${quoted(synopsis(node))}"`,
    text(command.description ?? command.summary),
    ...(command.args ?? []).flatMap(({ name, help }) => ['.TP', `.I "${quoted(name)}"`, text(help)]),
    ...(command.options ?? []).filter((option) => !option.hidden).flatMap(optionLines),
    ...(command.examples ?? []).flatMap(({ line, does }) => [
      '.PP',
      text(does),
      '.PP',
      '.RS 4',
      '.nf',
      text(line),
      '.fi',
      '.RE',
    ]),
  ];
}

function optionLines(option: OptionRow): string[] {
  const notes = [
    ...(option.choices === undefined ? [] : [`one of ${option.choices.join(', ')}`]),
    ...(option.default === undefined ? [] : [`default ${option.default}`]),
    ...(option.repeatable ? ['may be repeated'] : []),
  ];
  const help = notes.length === 0 ? option.help : `${option.help} (${notes.join('; ')})`;
  return ['.TP', `.B "${quoted(option.flags)}"`, text(help)];
}

/** A line of text: backslashes and hyphens are themselves, a leading dot or quote is no macro. */
const text = (line: string) =>
  escaped(line)
    .split('\n')
    .filter((part) => part !== '')
    .map((part) => (/^[.']/.test(part) ? `\\&${part}` : part))
    .join('\n');
const escaped = (line: string) => line.replaceAll('\\', '\\e').replaceAll('-', '\\-');
const quoted = (line: string) => escaped(line).replaceAll('"', '\\(dq');
