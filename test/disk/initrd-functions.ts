/** The part of os/initrd/init that judges disks, to be run outside an initrd. */
import { readFileSync } from 'node:fs';

/** The functions of the initrd's init from reading super blocks to judging, with its folders moved to `folder`. */
export function initrdFunctions(folder: string): string {
  const init = readFileSync(new URL('../../os/initrd/init', import.meta.url), 'utf8');
  const [, functions] = /^# --- hardware:[^\n]*\n(.*?)^# --- modules first/ms.exec(init) ?? [];
  if (functions === undefined || !/^judge_disks\(\)/m.test(functions))
    throw new Error('the functions of os/initrd/init are no longer where this test looks for them');
  return functions.replace(/\/dev\/(?!null)/g, `${folder}/dev/`).replaceAll('/run/bos', `${folder}/run`);
}
