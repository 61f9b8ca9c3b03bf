/** A copy of the project to mutate in: the checkout itself is never touched. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';

export interface Copy {
  readonly root: string;
  write(path: string, text: string): void;
  read(path: string): string;
}

/** Everything that git knows or would add, and the packages through a link. */
export function copyProject(project: string, root: string): Copy {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: project,
    encoding: 'utf8',
  });
  for (const path of listed.split('\0').filter((path) => path !== '' && existsSync(`${project}/${path}`)))
    cpSync(`${project}/${path}`, `${root}/${path}`, { recursive: true, verbatimSymlinks: true });
  symlinkSync(`${project}/node_modules`, `${root}/node_modules`);
  return {
    root,
    write: (path, text) => writeFileSync(`${root}/${path}`, text),
    read: (path) => readFileSync(`${root}/${path}`, 'utf8'),
  };
}
