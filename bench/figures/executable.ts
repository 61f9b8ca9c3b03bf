/** The single executable: how large it is, packed too, and how long it takes to start. */
import { join } from 'node:path';
import { formatBytes } from '../../src/formats/size.ts';
import type { Bench } from '../bench.ts';
import type { Figure, Measurement } from '../figure.ts';
import { median, spread } from '../statistics.ts';

/** Bytes. */
const limits = { plain: 125_000_000, packed: 36_000_000 } as const;
/** Milliseconds. */
const allowance = 60;
const rounds = 40;

export const executable: Figure = {
  name: 'executable',
  title: 'The single executable',
  method: [
    'The size of `dist/artifacts/opsctl-linux-amd64`, and of the same packed by `zstd -19`, in powers of 1000.',
    `Its start: \`node -e 0\` and \`opsctl-linux-amd64 --version\` in turn, ${rounds} times, after one time that does not count; from the start of the process to its end. The figure is the difference of the medians.`,
  ],
  async measure(bench: Bench): Promise<Measurement> {
    const { files, processes, clock } = bench.host;
    const file = join(bench.artifacts, 'opsctl-linux-amd64');
    const size = (await files.stat(file))?.size;
    if (size === undefined) throw new Error(`${file} does not exist: build it first`);
    const packed = join(bench.folder, 'opsctl.zst');
    await processes.run('zstd', ['-19', '-q', '-f', '-o', packed, file]);
    const packedSize = (await files.stat(packed))?.size ?? 0;

    const node: number[] = [];
    const own: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      for (const [times, program, args] of [
        [node, process.execPath, ['-e', '0']],
        [own, file, ['--version']],
      ] as const) {
        const start = clock.monotonic();
        await processes.run(program, args);
        if (round > 0) times.push(clock.monotonic() - start);
      }
    }
    const more = median(own) - median(node);
    return {
      rows: [
        sizeRow('the executable', size, limits.plain),
        sizeRow('the executable, in zstd', packedSize, limits.packed),
        {
          figure: 'the executable, --version',
          asked: `at most node -e 0 + ${allowance} ms`,
          measured: `node -e 0 + ${more.toFixed(0)} ms`,
          met: more <= allowance,
        },
      ],
      raw: [
        `opsctl-linux-amd64 ${size} bytes, in zstd ${packedSize} bytes`,
        `node -e 0: ${spread(node)}`,
        `opsctl-linux-amd64 --version: ${spread(own)}`,
        `load ${await bench.load()}`,
      ],
    };
  },
};

const sizeRow = (figure: string, size: number, limit: number) => ({
  figure,
  asked: `at most ${formatBytes(limit)}`,
  measured: formatBytes(size),
  met: size <= limit,
});
