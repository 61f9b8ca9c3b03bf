/** Says what a parser makes of an input, for the parent: `look.ts PARSER` answers each message of base64. */
import { parsers } from '../../test/corpus/parsers/index.ts';
import { judge } from './judge.ts';

const parser = parsers[process.argv[2] ?? ''];
if (parser === undefined) throw new Error(`there is no parser ${process.argv[2]}`);
for (const input of parser.seeds()) await judge(parser, input);

process.on('message', async (input: string) => {
  const bytes = Buffer.from(input, 'base64');
  // What is slow once may have waited for the compiler.
  const first = await judge(parser, bytes);
  process.send?.((first?.kind === 'slow' ? await judge(parser, bytes) : first) ?? null);
});
process.send?.('ready');
