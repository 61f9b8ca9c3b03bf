/** Help as a text, and which commands it lists: those that work where it is asked. */
import { CommanderError } from 'commander';
import type { Files } from '../../host/ports.ts';
import type { CommandDefinition, Terminal } from '../command.ts';
import { buildProgram, helpSpelledOut } from '../program.ts';
import { opsctlVersion } from '../version.ts';

/** Where opsctl runs: started from a medium, installed on a disk, or on a system that is not Bhojpur OS. */
type Place = 'live' | 'installed' | 'other';

/** Commands that work in some places only. Elsewhere they still run, and say why they refuse. */
const worksIn: Readonly<Record<string, readonly Place[]>> = {
  install: ['live', 'other'],
  build: ['other'],
  vm: ['other'],
  status: ['live', 'installed'],
};

export interface HelpWorld {
  readonly terminal: Terminal;
  readonly commands: readonly CommandDefinition[];
  readonly files: Pick<Files, 'readText'>;
}

/** The help that `argv` asks for; undefined when it asks for something else, or in a way that is wrong. */
export async function helpOf(argv: readonly string[], world: HelpWorld): Promise<string | undefined> {
  const { terminal, commands, files } = world;
  let text = '';
  const out = (more: string) => {
    text += more;
  };
  const program = buildProgram(
    commands.map((command) => (argv.includes(command.name) ? command : listed(command))),
    {
      terminal: { ...terminal, out, err: () => {} },
      version: await opsctlVersion(),
      elsewhere: await commandsOfElsewhere(files),
      onInvoke: () => {},
    },
  );
  try {
    program.parse(helpSpelledOut(argv, commands), { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return text;
  }
  return undefined;
}

/** The commands that do not work on this machine. Reads one small file in memory, which only Bhojpur OS has. */
export async function commandsOfElsewhere(files: Pick<Files, 'readText'>): Promise<string[]> {
  const here = await placeOf(files);
  return Object.entries(worksIn).flatMap(([name, places]) => (places.includes(here) ? [] : [name]));
}

async function placeOf(files: Pick<Files, 'readText'>): Promise<Place> {
  const text = await files.readText('/run/bos/boot.json').catch(() => undefined);
  if (text === undefined) return 'other';
  // Not parsed: that is for commands, and help must work with a record that is damaged.
  return /"mode": ?"(disk|local)"/.test(text) ? 'installed' : 'live';
}

/** What the list of commands shows of one; its options and examples are for its own help. */
const listed = ({ name, summary, args = [] }: CommandDefinition): CommandDefinition => ({
  name,
  summary,
  args,
});
