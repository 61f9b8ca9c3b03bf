/** The kernel out of somebody's own system, as the stage of Debian's gives it: all of its modules, and their firmware. */
import type { Host } from '../../host/ports.ts';
import type { Stage } from '../stage.ts';
import { watchGrowth } from '../stages/growth.ts';
import { squashfsOptions } from '../stages/squashfs.ts';
import type { OwnKernel } from './kernels.ts';

export interface OwnKernelParts {
  readonly kernel: OwnKernel;
  /** The folder of firmware, with every link followed; undefined for none. */
  readonly firmware: string | undefined;
  /** Seconds since 1970. */
  readonly date: number;
}

/** What the modules are packed to, about. */
const packedRatio = 0.35;

/** Makes `vmlinuz`, `kernel.squashfs` and `tree/modules`. */
export function ownKernelStage(
  host: Host,
  needs: Readonly<Record<'root', Stage>>,
  { kernel, firmware, date }: OwnKernelParts,
): Stage<'root'> {
  const { release, image, modules } = kernel;
  const pack = ['-all-root', '-noappend', ...squashfsOptions(date)];
  return {
    name: 'kernel',
    title: `Pack the kernel ${release}`,
    inputs: { kernel, firmware: firmware ?? null, pack, format: 1 },
    tools: ['mksquashfs', 'depmod'],
    needs,
    make: async ({ folder, from, percent }) => {
      const { files, processes } = host;
      const raw = `${folder}/raw`;
      await files.makeDir(raw);
      // Every entry was judged when root.tar was made: none lies below a link.
      await processes.run('tar', [
        ...[
          '--extract',
          '--no-same-owner',
          '--no-same-permissions',
          '--exclude=*/build',
          '--exclude=*/source',
        ],
        ...[`--directory=${raw}`, `--file=${from.root}/root.tar`, '--no-wildcards'],
        ...[`./${image}`, `./${modules}`, ...(firmware === undefined ? [] : [`./${firmware}`])],
      ]);
      await files.rename(`${raw}/${image}`, `${folder}/vmlinuz`);
      await files.chmod(`${folder}/vmlinuz`, 0o644);
      const tree = `${folder}/tree`;
      await files.makeDir(`${tree}/modules`);
      await files.rename(`${raw}/${modules}`, `${tree}/modules/${release}`);
      if (firmware === undefined) await files.makeDir(`${tree}/firmware`);
      else await files.rename(`${raw}/${firmware}`, `${tree}/firmware`);
      await files.remove(raw);
      percent(15);
      const { stdout } = await processes.run('du', ['--summarize', '--bytes', tree]);
      const packed = `${folder}/kernel.squashfs`;
      const expected = Number(stdout.split('\t')[0]) * packedRatio;
      await watchGrowth(host, { path: packed, expected, start: 15 }, percent, () =>
        processes.run('mksquashfs', [tree, packed, ...pack]),
      );
      await files.remove(`${tree}/firmware`);
    },
  };
}
