/** What the tests of the image builder share: a folder that goes away, a stage context on the real machine. */
import type { ExecutionContext } from 'ava';
import type { StageContext } from '../../src/build/stage.ts';
import type { Host } from '../../src/host/ports.ts';
import { workstationHost } from '../../src/host/workstation/index.ts';
import type { Event } from '../../src/plan/events.ts';

export const realHost = workstationHost();

export async function folder(t: ExecutionContext): Promise<string> {
  const path = await realHost.files.makeTempDir('bos-image-');
  t.teardown(() => realHost.files.remove(path));
  return path;
}

export interface Recorded extends StageContext {
  readonly events: Event[];
  readonly stop: AbortController;
}

export function stageContext(cache: string, changes: Partial<StageContext> = {}): Recorded {
  const events: Event[] = [];
  const stop = new AbortController();
  return {
    host: realHost,
    emit: (event) => events.push(event),
    signal: stop.signal,
    cache,
    tools: { mksquashfs: '1' },
    events,
    stop,
    ...changes,
  };
}

/** The real files and programs with some functions replaced. */
export const hostWith = (changes: { files?: Partial<Host['files']>; uid?: number }): Host => ({
  ...realHost,
  files: { ...realHost.files, ...changes.files },
  system: { ...realHost.system, uid: changes.uid ?? realHost.system.uid, arch: 'amd64', env: {}, cpus: 1 },
});
