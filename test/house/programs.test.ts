/** The programs that an own OS is asked for are those that opsctl runs in it: in both directions, read off the sources. */
import test from 'ava';
import { neededPrograms, neededUnits, usefulPrograms } from '../../src/build/own/programs.ts';
import { projectFiles } from './project-files.ts';

/** What of src runs in a node. */
const inNode =
  'src/{runtime,steps,disk,upgrade,patch,operation,install,media,boot,kubernetes,host,config}/**/*.ts';

/** Programs by the calls that name them, and by the table of steps. */
function programsOf(texts: readonly { readonly path: string; readonly text: string }[]): Set<string> {
  const found = new Set<string>();
  for (const { path, text } of texts) {
    for (const [, name = ''] of text.matchAll(/\b(?:run|which|start)\(\s*'([A-Za-z0-9_./-]+)'/g))
      found.add(name.replace(/^\/(?:usr\/)?s?bin\//, ''));
    if (path !== 'src/steps/index.ts') continue;
    const table = /const kinds = ([\s\S]*?)\n\] as const;/.exec(text)?.[1] ?? '';
    for (const [list] of table.matchAll(/\[(?:'[a-z0-9.]+'(?:, )?)+\]/g))
      for (const [, name = ''] of list.matchAll(/'([^']+)'/g)) found.add(name);
  }
  return found;
}

/** Programs of the units and scripts that are laid over a system. */
function programsOfOverlay(): Set<string> {
  const found = new Set<string>();
  for (const { text } of projectFiles('os/overlay/**')) {
    const interpreter = /^#!\s*\/(?:usr\/)?bin\/(\S+)/.exec(text)?.[1];
    if (interpreter !== undefined && interpreter !== 'busybox') found.add(interpreter);
    for (const [, name = ''] of text.matchAll(/^Exec\w+=[-!@]*\/(?:usr\/)?s?bin\/(\S+)/gm)) found.add(name);
  }
  return found;
}

/** Ours, or part of DCP. */
const brought = ['opsctl', 'dcp', 'kubectl'];
/** Run by a name that a variable holds, or by a part of the system that is not TypeScript: each with its place. */
const elsewhere: Readonly<Record<string, string>> = {
  login: 'agetty starts it',
  awk: 'os/overlay/usr/lib/bhojpur/addresses',
  'ssh-keygen': 'os/overlay/usr/lib/bhojpur/addresses',
  sudo: 'os/overlay/usr/lib/bhojpur/power',
  ethtool: 'os/overlay/usr/lib/bhojpur/network',
  wpa_supplicant: 'connman starts it over D-Bus',
};

test('every program that a node runs has its packages, and no other is asked for', (t) => {
  const run = programsOf(projectFiles(inNode));
  t.true(run.has('mkfs.ext4') && run.has('systemctl') && run.has('fsfreeze') && run.has('dmsetup'));
  const wanted = new Set([...run, ...programsOfOverlay()].filter((name) => !brought.includes(name)));
  const known = new Set([...Object.keys(neededPrograms), ...Object.keys(usefulPrograms)]);
  t.deepEqual(
    [...wanted].filter((name) => !known.has(name)).toSorted(),
    [],
    'a program without a row in src/build/own/programs.ts',
  );
  t.deepEqual(
    [...known].filter((name) => !wanted.has(name)).toSorted(),
    Object.keys(elsewhere).toSorted(),
    'a row in src/build/own/programs.ts for a program that nothing runs',
  );
});

test('the units are those by which a system on trial is judged', (t) => {
  const [health] = projectFiles('src/runtime/trial/health.ts');
  const needed = /const needed = \[(.*)\];/.exec(health?.text ?? '')?.[1] ?? '';
  t.deepEqual(
    [...needed.matchAll(/'([^']+)'/g)].map(([, unit]) => unit),
    Object.keys(neededUnits),
  );
});
