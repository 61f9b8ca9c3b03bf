/** `ROOT CARD...`: asks as bos-metadata.service does, with these cards, in the network namespace of this process. */
import { linuxHost } from '../../../../src/host/linux/index.ts';
import { askEarly } from '../../../../src/runtime/data-sources/early/ask.ts';

const [root = '', ...names] = process.argv.slice(2);
const real = linuxHost();
const run: typeof real.processes.run = async (command, args, options) => {
  if (command !== 'systemctl') return real.processes.run(command, args, options);
  process.stdout.write(`systemctl ${args.join(' ')}\n`);
  return { exitCode: 0, stdout: '', stderr: '' };
};
const known = await askEarly(
  { ...real, processes: { ...real.processes, run } },
  {
    root,
    cards: names.map((name) => ({ name, mac: '' })),
    patienceMs: 1000,
    log: ({ level, message }) => process.stdout.write(`${level} ${message}\n`),
  },
);
process.stdout.write(`known: ${known}\n`);
