/** The pages of docs/ that are made from the code: the keys, the commands, the events. Pure. */
import { z } from 'zod';
import { commands } from '../src/cli/commands/index.ts';
import { markdownReference } from '../src/cli/reference/markdown.ts';
import type { Config } from '../src/config/config.ts';
import type { FieldRow } from '../src/config/keys/key-types.ts';
import { type Row, rows } from '../src/config/keys/keys.ts';
import { patchKeyNames } from '../src/config/patch/settings.ts';
import { OpsError } from '../src/errors.ts';
import { requestOf } from '../src/install/request.ts';
import { event } from '../src/plan/events.ts';
import { appliers } from '../src/runtime/appliers/index.ts';
import { searchKey } from '../src/runtime/phases/effective-config.ts';
import { upgradeKeys } from '../src/runtime/trial/judge.ts';
import { configuredKeys } from '../src/upgrade/request.ts';

export interface Page {
  /** Relative to the root of the project. */
  readonly path: string;
  readonly text: string;
}

export const pages = (): readonly Page[] => [
  { path: 'docs/commands.md', text: markdownReference(commands) },
  { path: 'docs/configuration.md', text: configurationPage() },
  { path: 'docs/events.md', text: eventsPage() },
];

function configurationPage(): string {
  const running = rows.filter((row) => !isInstallerKey(row));
  const installer = rows.filter(isInstallerKey);
  return `\
# Configuration keys

Made by \`make docs\` from \`src/config/keys/keys.ts\`; do not edit.

One table of keys is behind everything here: the files, the kernel command line, their validation, the JSON Schema
(\`opsctl config schema\`) and this page.

[Configuring](configuring.md) shows how to use them: where a running system takes its configuration from, what wins,
and when it acts.

## On the kernel command line

| value | is written |
|---|---|
| text | \`hostname=myhost\`, with spaces \`name="two words"\` |
| yes or no | \`bos.install.silent\`, \`bos.install.silent=true\`, \`bos.install.silent=false\` |
| list | the key once for each element: \`bos.ntp_server=a bos.ntp_server=b\` |
| map | \`bos.sysctl[kernel.printk]="4 4 1 7"\` |
| list of objects | \`bos.wifi.name=home bos.wifi.passphrase=secret\`; a field that is there already begins the next object |

A quote, a backslash or a letter beyond ASCII in a value is written as \`\\xHH\`, one for each byte of its UTF-8 form.

Quotes are the kernel's: around a value or a whole argument. Of a key that is given twice the last one counts, unless it
is a list. What follows \`--\` is for init and not read.

Whoever may log in to the system can read its command line: \`/proc/cmdline\` shows secrets too.

## Phases

\`initrd\` and \`boot\` run before the first service starts, \`runtime\` when the network is up (at the latest after 30
seconds). \`loader\` keys act in the initrd's first stage, before any file is read; \`install\` keys act in the
installer. User data of a cloud act in the runtime phase only.

## Keys that act in the system

${running.map(section).join('\n')}
## Keys of the installer

They are read from the kernel command line and from the config.yaml of the medium that the installer was started from,
as [Installing](installing.md#unattended) shows.

${installer.map(section).join('\n')}`;
}

const isInstallerKey = (row: Row) => row.phases.includes('install');

/** Whether this version gives the key its effect: asked of the code that would do it. */
export function hasEffect(row: Row): boolean {
  if (isInstallerKey(row)) return !refusedByInstaller(row);
  if (row.phases.includes('loader') || row.name === searchKey) return true;
  if ([...upgradeKeys, ...configuredKeys, ...patchKeyNames].includes(row.name)) return true;
  return appliers.some(({ keys }) => keys.includes(row.name));
}

function refusedByInstaller(row: Row): boolean {
  try {
    requestOf({}, {}, { [row.name]: row.type === 'boolean' ? true : 'ttyS0' } as Config);
    return false;
  } catch (error) {
    return error instanceof OpsError && error.code === 'not-available';
  }
}

function section(row: Row): string {
  const facts: [string, string][] = [
    ['type', typeOf(row)],
    ...('choices' in row && row.choices ? [['values', code(row.choices)] as [string, string]] : []),
    ...('default' in row && row.default !== undefined
      ? [['default', `\`${row.default}\``] as [string, string]]
      : []),
    ...(row.aliases ? [['other names', code(row.aliases)] as [string, string]] : []),
    ['phases', row.phases.join(', ')],
  ];
  const notes = [
    ...(hasEffect(row) ? [] : ['**Refused in this version**, so that it is not silently ignored.']),
    ...(row.secret ? ['Secret: never shown or logged.'] : []),
    ...(row.commandLineOnly && !isInstallerKey(row) ? ['On the kernel command line only.'] : []),
  ];
  return `\
### ${row.name}

${[row.help, ...notes].join(' ')}

| | |
|---|---|
${facts.map(([name, value]) => `| ${name} | ${value} |`).join('\n')}
${row.type === 'objects' ? `\n${fieldTable(row.fields)}\n` : ''}
\`\`\`
${row.example}
\`\`\`
`;
}

const typeNames: Readonly<Record<Row['type'], string>> = {
  string: 'text',
  boolean: 'yes or no',
  strings: 'list of text',
  map: 'map of text',
  objects: 'list of objects',
};
const typeOf = (row: Row) => typeNames[row.type];
const code = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(', ');

function fieldTable(fields: readonly FieldRow[]): string {
  return ['| field | | |', '|---|---|---|', ...fieldLines(fields, '')].join('\n');
}

/** Those of objects in an object stand behind it, by both names. */
const fieldTypes: Partial<Record<FieldRow['type'], string>> = {
  strings: 'a list',
  object: 'a map',
  objects: 'a list of maps',
};

function fieldLines(fields: readonly FieldRow[], prefix: string): string[] {
  return fields.flatMap((field) => {
    const marks = [
      fieldTypes[field.type] ?? '',
      field.required ? 'required' : '',
      field.secret ? 'secret' : '',
    ]
      .filter(Boolean)
      .join(', ');
    const values = (field.choices ?? []).filter((choice) => choice !== '');
    const help = values.length === 0 ? field.help : `${field.help} One of ${code(values)}.`;
    const name = `${prefix}${field.name}`;
    return [`| \`${name}\` | ${marks} | ${help} |`, ...fieldLines(field.fields ?? [], `${name}.`)];
  });
}

/** What happens when; each with the fields that its schema names. */
const eventNotes: Readonly<Record<string, string>> = {
  plan: 'Once, before the first step: everything that will be done.',
  warning: 'Before the first step: something about the configuration that may not be meant so.',
  'step-start': 'A step begins.',
  progress: 'How far a step is. `done` and `total` in `unit`.',
  'step-end': 'A step has ended, well or not; every `step-start` gets one.',
  result: 'The last line: how it ended. `exitCode` is the exit code of the process.',
};

interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly description?: string;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly oneOf?: readonly JsonSchema[];
}

function eventsPage(): string {
  const schema = z.toJSONSchema(event, { target: 'draft-2020-12', io: 'input' }) as JsonSchema;
  const variants = schema.oneOf ?? [];
  return `\
# Events

Made by \`make docs\` from \`src/plan/events.ts\`; do not edit.

With \`--json\`, \`opsctl install\` and \`opsctl build\` print one event a line to stdout, and messages for people to
stderr. The same events are behind what a terminal and a serial console show. A reader should leave alone fields and
types that it does not know: new ones may come without a new \`v\`.

${variants.map(eventSection).join('\n')}
## JSON Schema

Of one line:

\`\`\`json
${JSON.stringify(schema, null, 2)}
\`\`\`
`;
}

function eventSection({ properties = {}, required = [] }: JsonSchema): string {
  const name = String(properties.type?.const);
  const lines = Object.entries(properties)
    .filter(([field]) => field !== 'type')
    .map(([field, value]) => {
      const presence = required.includes(field) ? '' : 'may be missing';
      return `| \`${field}\` | ${shapeOf(value)} | ${[value.description, presence].filter(Boolean).join('; ')} |`;
    });
  return [`## ${name}`, '', eventNotes[name] ?? '', '', '| field | | |', '|---|---|---|', ...lines, ''].join(
    '\n',
  );
}

function shapeOf(value: JsonSchema): string {
  if (value.const !== undefined) return `\`${JSON.stringify(value.const)}\``;
  if (value.enum !== undefined) return value.enum.map((choice) => `\`${JSON.stringify(choice)}\``).join(', ');
  if (value.type === 'array') return `list of ${shapeOf(value.items ?? {})}`;
  if (value.properties !== undefined) {
    return `objects with ${Object.keys(value.properties)
      .map((name) => `\`${name}\``)
      .join(', ')}`;
  }
  return value.type ?? '';
}
