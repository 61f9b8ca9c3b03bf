/**
 * Runs our menus as GRUB 2.06 does: the part of its script language that they use (grub-core/script/yylex.l, execute.c)
 * and what it starts by itself (grub-core/normal/menu.c). A command that is not known is an error. Written from the
 * sources and compared with grub-emu.
 */

/** A word: pieces with or without quotes, as `$name` stands in them. */
interface Piece {
  readonly text: string;
  readonly quote: "'" | '"' | '';
}
type Word = readonly Piece[];
interface Command {
  readonly words: readonly Word[];
  readonly block?: string;
}
type Tree =
  | { readonly kind: 'command'; readonly command: Command }
  | {
      readonly kind: 'if';
      readonly branches: readonly { readonly test?: Command; readonly body: readonly Tree[] }[];
    }
  | {
      readonly kind: 'for';
      readonly name: string;
      readonly words: readonly Word[];
      readonly body: readonly Tree[];
    };

export interface GrubMachine {
  /** Paths that `-f` and `linux` find; what is started of the root has no device in front. */
  readonly files: ReadonlySet<string>;
  /** Environment blocks by path, with their variables. */
  readonly blocks: Map<string, Map<string, string>>;
  /** GRUB can write to them. */
  readonly writable: boolean;
  readonly variables: Map<string, string>;
  /** Kernels that cannot be loaded although they are there. */
  readonly damaged?: ReadonlySet<string>;
}

export interface Entry {
  readonly id: string;
  readonly title: string;
  readonly block: string;
}

/** What the kernel was started with; undefined when nothing was. */
export interface Started {
  readonly entry: string;
  readonly arguments: readonly string[];
}

export class GrubRun {
  readonly said: string[] = [];
  readonly entries: Entry[] = [];
  readonly #machine: GrubMachine;
  #linux: readonly string[] | undefined;

  constructor(machine: GrubMachine, text: string) {
    this.#machine = machine;
    this.#run(parse(text));
  }

  /** As when nobody touches a key. */
  start(): Started | undefined {
    const { variables } = this.#machine;
    const named = this.entries.findIndex(({ id }) => id === variables.get('default'));
    const fallback = (variables.get('fallback') ?? '').split(' ').filter((text) => text !== '');
    for (const index of [Math.max(0, named), ...fallback.map(Number)]) {
      const entry = this.entries[index];
      if (entry === undefined) throw new Error(`GRUB would read past the last entry: ${index}`);
      const started = this.choose(entry.id);
      if (started !== undefined) return started;
    }
    return undefined;
  }

  /** As when a person chooses it. */
  choose(id: string): Started | undefined {
    const entry = this.entries.find((one) => one.id === id);
    if (entry === undefined) throw new Error(`no entry ${id}`);
    this.#linux = undefined;
    this.#run(parse(entry.block));
    return this.#linux && { entry: id, arguments: this.#linux };
  }

  #run(trees: readonly Tree[]): boolean {
    let last = true;
    for (const tree of trees) {
      if (tree.kind === 'command') last = this.#command(tree.command);
      else if (tree.kind === 'for') {
        for (const value of tree.words.flatMap((word) => this.#expanded(word))) {
          this.#machine.variables.set(tree.name, value);
          last = this.#run(tree.body);
        }
      } else {
        const branch = tree.branches.find(({ test }) => test === undefined || this.#command(test));
        last = branch === undefined || this.#run(branch.body);
      }
    }
    return last;
  }

  #expanded(word: Word): string[] {
    let words = [''];
    let unquoted = true;
    for (const { text, quote } of word) {
      const value = quote === "'" ? text : this.#values(text);
      unquoted &&= quote === '';
      const parts = quote === '' ? value.split(/ +/) : [value];
      words = [...words.slice(0, -1), (words.at(-1) ?? '') + (parts[0] ?? ''), ...parts.slice(1)];
    }
    return unquoted ? words.filter((one) => one !== '') : words;
  }

  #values = (text: string) =>
    text.replaceAll(
      /\$(?:\{(\w+)\}|(\w+))/g,
      (_, braced, plain) => this.#machine.variables.get(braced ?? plain) ?? '',
    );

  #command({ words, block }: Command): boolean {
    const [name = '', ...args] = words.flatMap((word) => this.#expanded(word));
    const { variables, files, blocks, writable, damaged } = this.#machine;
    const placed = (path: string) => path.replace(`(${variables.get('root')})`, '');
    switch (name) {
      case 'set': {
        const [, variable = '', value = ''] = /^(\w+)=(.*)$/s.exec(args[0] ?? '') ?? [];
        variables.set(variable, value);
        return true;
      }
      case '[':
        return truth(args.slice(0, -1), (path) => files.has(placed(path)) || blocks.has(placed(path)));
      case 'regexp': {
        const sets = args.filter((arg) => arg.startsWith('--set=')).map((arg) => arg.slice(6).split(':'));
        const [pattern = '', text = ''] = args.filter((arg) => !arg.startsWith('--'));
        const found = new RegExp(pattern).exec(text);
        for (const [index, variable = ''] of found ? sets : [])
          variables.set(variable, found?.[Number(index)] ?? '');
        return found !== null;
      }
      case 'load_env': {
        const found = blocks.get(placed(args[1] ?? ''));
        for (const [variable, value] of found ?? [])
          if (args.slice(2).includes(variable)) variables.set(variable, value);
        return found !== undefined;
      }
      case 'save_env': {
        const found = blocks.get(placed(args[1] ?? ''));
        if (found === undefined || !writable) return false;
        for (const variable of args.slice(2)) found.set(variable, variables.get(variable) ?? '');
        return true;
      }
      case 'linux':
        if (!files.has(args[0] ?? '') || damaged?.has(args[0] ?? '')) return false;
        this.#linux = args;
        return true;
      case 'menuentry':
        this.entries.push({
          title: args[0] ?? '',
          id: args[args.indexOf('--id') + 1] ?? '',
          block: block ?? '',
        });
        return true;
      case 'echo':
        this.said.push(args.join(' '));
        return true;
      case 'true':
      case 'sleep':
      case 'initrd':
        return true;
      default:
        throw new Error(`the model does not know ${name}`);
    }
  }
}

/** `-a` binds closer than `-o` (grub-core/commands/test.c). */
function truth(args: readonly string[], isFile: (path: string) => boolean): boolean {
  const or = args.indexOf('-o');
  if (or >= 0) return truth(args.slice(0, or), isFile) || truth(args.slice(or + 1), isFile);
  const and = args.indexOf('-a');
  if (and >= 0) return truth(args.slice(0, and), isFile) && truth(args.slice(and + 1), isFile);
  const [first = '', second = '', third = ''] = args;
  if (args.length === 2 && first === '-n') return second !== '';
  if (args.length === 2 && first === '-z') return second === '';
  if (args.length === 2 && first === '-f') return isFile(second);
  if (args.length === 3 && second === '=') return first === third;
  if (args.length === 3 && second === '!=') return first !== third;
  throw new Error(`the model does not know the test ${args.join(' ')}`);
}

function parse(text: string): Tree[] {
  const commands = commandsOf(text);
  let position = 0;
  const word = (command: Command | undefined) => command?.words[0]?.[0]?.text ?? '';
  const rest = (command: Command): Command => ({ ...command, words: command.words.slice(1) });
  const body = (ends: readonly string[]): Tree[] => {
    const trees: Tree[] = [];
    for (let command = commands[position]; command !== undefined; command = commands[position]) {
      const name = word(command);
      if (ends.includes(name)) return trees;
      position += 1;
      if (name === 'if') trees.push(condition(rest(command)));
      else if (name === 'for') {
        // `for NAME in WORDS`, and a command that begins with `do`.
        const words = command.words.slice(3);
        const variable = command.words[1]?.[0]?.text ?? '';
        commands[position] = rest(commands[position] as Command);
        trees.push({ kind: 'for', name: variable, words, body: body(['done']) });
        position += 1;
      } else if (command.words.length > 0) trees.push({ kind: 'command', command });
    }
    if (ends.length > 0) throw new Error(`no ${ends.join(', ')}`);
    return trees;
  };
  const condition = (first: Command): Tree => {
    const branches: { test?: Command; body: Tree[] }[] = [];
    let test: Command | undefined = first;
    for (;;) {
      // A command that begins with `then`; after `else` none.
      const next = commands[position] as Command;
      if (word(next) === 'then') commands[position] = rest(next);
      branches.push({ ...(test && { test }), body: body(['elif', 'else', 'fi']) });
      const end = commands[position] as Command;
      position += 1;
      if (word(end) === 'fi') return { kind: 'if', branches };
      test = word(end) === 'elif' ? rest(end) : undefined;
      if (word(end) === 'else' && end.words.length > 1) commands.splice(position, 0, rest(end));
    }
  };
  return body([]);
}

function commandsOf(text: string): Command[] {
  const commands: Command[] = [];
  let words: Word[] = [];
  let pieces: Piece[] = [];
  const endWord = () => {
    if (pieces.length > 0) words.push(pieces);
    pieces = [];
  };
  const endCommand = (block?: string) => {
    endWord();
    if (words.length > 0) commands.push({ words, ...(block === undefined ? {} : { block }) });
    words = [];
  };
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (char === "'" || char === '"') {
      const end = text.indexOf(char, at + 1);
      pieces.push({ text: text.slice(at + 1, end), quote: char });
      at = end;
    } else if (char === '#' && pieces.length === 0) at = text.indexOf('\n', at) - 1;
    else if (char === '\n' || char === ';') endCommand();
    else if (char === ' ') endWord();
    else if (char === '{' && pieces.length === 0) {
      const end = text.indexOf('\n  }', at);
      endCommand(text.slice(at + 1, end + 1));
      at = end + 3;
    } else {
      const run = /^[^'"\n; ]+/.exec(text.slice(at))?.[0] ?? char;
      pieces.push({ text: run, quote: '' });
      at += run.length - 1;
    }
  }
  endCommand();
  return commands;
}
