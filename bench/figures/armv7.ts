/** What the phases of a boot hold of memory on the Node.js of ARMv7 boards. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  armv7Node,
  bootConfiguration,
  makeBoard,
  makeBundle,
  onArmv7,
  peakOf,
} from '../../test/cli/older-node/armv7.ts';
import type { Bench } from '../bench.ts';
import type { Figure, Measurement } from '../figure.ts';

/** Of the 256 MB of a board, beside the kernel and systemd. */
const reach = 96 * 1024;
const shown = (kib: number): string => `${Math.round(kib / 1024)} MiB`;

export const armv7: Figure = {
  name: 'armv7',
  title: 'Memory of the phases on ARMv7',
  method: [
    'The bundle runs on Node.js 20.11 for ARMv7 by QEMU user emulation, in a root that holds it and the C library, with a configuration of the usual keys: once the initrd and boot phases, once the runtime phase. What counts is the resident memory below 4 GiB, where the emulated program lies, every 20 ms; the emulator itself lies above. A bare `node -e 0` is measured the same way.',
  ],
  async measure(bench: Bench): Promise<Measurement> {
    const folder = mkdtempSync(join(tmpdir(), 'bos-bench-'));
    try {
      const node = await armv7Node();
      bench.say('armv7: bundling');
      const bundle = await makeBundle(folder);
      const board = makeBoard(join(folder, 'root'), node, bundle);
      board.write('bos/system/config.yaml', bootConfiguration);
      const bare = await peakOf(onArmv7(node, ['-e', '0']));
      bench.say('armv7: the phases of a boot');
      const early = await peakOf(board.run(['config', '--initrd', '--boot']));
      const late = await peakOf(board.run(['config']));
      const row = (figure: string, peak: number) => ({
        ...{ figure, asked: `at most ${shown(reach)}`, measured: shown(peak), met: peak <= reach },
      });
      return {
        rows: [
          row('armv7: memory of the initrd and boot phases', early),
          row('armv7: memory of the runtime phase', late),
        ],
        raw: [`bare Node.js: ${shown(bare)}`],
      };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
