/** What a test that was cut off has left of a folder: mounts in it, and loop devices over files in it. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export function letGo(folder: string): void {
  for (let round = 0; round < 3; round += 1) {
    const mounts = mountPointsBelow(folder);
    const loops = loopDevicesOver(folder);
    if (mounts.length === 0 && loops.length === 0) return;
    for (const point of mounts.toReversed()) spawnSync('umount', [point]);
    for (const device of loops) {
      for (const point of mountPointsOf(device)) spawnSync('umount', [point]);
      spawnSync('losetup', ['--detach', device]);
    }
  }
}

/** Fields of proc_pid_mountinfo(5): the mount point is the fifth, the source comes after the dash and the type. */
const mountTable = () =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => ({ point: line.split(' ')[4] ?? '', source: / - \S+ (\S+)/.exec(line)?.[1] ?? '' }));

const mountPointsBelow = (folder: string) =>
  mountTable()
    .map(({ point }) => point)
    .filter((point) => point.startsWith(`${folder}/`));

const mountPointsOf = (device: string) =>
  mountTable()
    .filter(({ source }) => source === device || source.startsWith(`${device}p`))
    .map(({ point }) => point);

function loopDevicesOver(folder: string): string[] {
  const { stdout } = spawnSync('losetup', ['--list', '--noheadings', '--output', 'NAME,BACK-FILE'], {
    encoding: 'utf8',
  });
  return (stdout ?? '')
    .split('\n')
    .filter((line) => line.includes(` ${folder}/`))
    .map((line) => line.split(' ')[0] ?? '');
}
