/**
 * `opsctl overlay remove`: the way back. The old init is started again; of a mounted root the system goes too, but not
 * what it has kept (/bos/data) and its configuration. In the running system its files stay, as it runs from them.
 */
import { refused } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { oldInit, overlayFiles, overlayInit } from '../../media/overlay.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Step } from '../../steps/index.ts';
import type { OverlayFacts } from './facts.ts';
import type { ImageOutput } from './plan.ts';
import { type RootView, realIn } from './root-view.ts';

export interface WayBack {
  /** Where /sbin really is in that root. */
  readonly folder: string;
  /** The old init has kept its second name. */
  readonly kept: boolean;
  /** What that is a link to, or, without it, what a link has to lead to. */
  readonly target: string | null;
}

/** What an init is called where only a tarball was unpacked, in the order of os/board/init. */
const known = [
  'lib/systemd/systemd',
  'lib/sysvinit/init',
  'sbin/openrc-init',
  'sbin/runit-init',
  'sbin/dinit',
];

/** Throws OpsError (refused) `overlay-missing`, `overlay-no-old-init`. */
export async function findWayBack(
  view: RootView,
  facts: Pick<OverlayFacts, 'init' | 'target'>,
): Promise<WayBack> {
  const { init, target } = facts;
  if (init.kind !== 'ours')
    throw refused('overlay-missing', `${target.path} does not start Bhojpur OS by an overlay`, {
      hint: 'There is nothing to take away.',
    });
  const name = oldInit.replace(/^sbin\//, '');
  if (init.kept) {
    const link = await view.readLink(`${init.folder}/${name}`);
    return { folder: init.folder, kept: true, target: link ?? null };
  }
  for (const path of known)
    if ((await realIn(view, path)) !== undefined)
      return { folder: init.folder, kept: false, target: `/${path}` };
  const busybox = await realIn(view, 'bin/busybox');
  if (busybox !== undefined) return { folder: init.folder, kept: false, target: '/bin/busybox' };
  throw refused('overlay-no-old-init', `No other init was found in ${target.path}`, {
    hint: `Put one at /${overlayInit}: the tarball has replaced the one that was there.`,
  });
}

const initPath = (back: WayBack) => `${back.folder}/${overlayInit.replace(/^sbin\//, '')}`;
const keptPath = (back: WayBack) => `${back.folder}/${oldInit.replace(/^sbin\//, '')}`;

/** `keepSystem`: it runs. */
export function planRemoval(
  { target }: Pick<OverlayFacts, 'target'>,
  at: string,
  back: WayBack,
  { keepSystem, image }: { readonly keepSystem: boolean; readonly image?: ImageOutput },
): Plan<Step> {
  const steps = image === undefined ? onFolder(at, back, keepSystem) : onImage(target, back, image);
  return { v: 1, operation: 'overlay-remove', target: image?.output ?? target.path, steps };
}

function onFolder(at: string, back: WayBack, keepSystem: boolean): Step[] {
  const parts = ['os', 'dcp', 'grub', 'overlay', 'manifest.json'].map((name) => `bos/system/${name}`);
  return [
    {
      ...{ id: 'restore-init', kind: 'restore-init', at, path: initPath(back), ours: overlayFiles.init },
      ...{ kept: back.kept ? keptPath(back) : null, target: back.target },
    },
    ...(keepSystem ? [] : [{ id: 'remove-system', kind: 'remove-deployments' as const, at, folders: parts }]),
  ];
}

function onImage(target: OverlayFacts['target'], back: WayBack, image: ImageOutput): Step[] {
  const partial = `${image.output}.partial`;
  return [
    {
      ...{ id: 'copy-image', kind: 'copy-image', from: image.from, unpacked: image.unpacked },
      ...{ to: partial, size: image.size },
    },
    {
      ...{ id: 'restore-init', kind: 'restore-ext4-init', image: partial },
      offset: target.kind === 'image' ? target.offset : 0,
      ...{ path: initPath(back), kept: back.kept ? keptPath(back) : null, target: back.target },
    },
    {
      ...{ id: 'name-image', kind: 'name-image', from: partial, to: image.output, mode: image.mode },
      ...{ beside: [], remove: [] },
    },
  ];
}

/** Of the running system: where the initrd of other systems shows the state, a board has its root. */
export const runningRoot = '/run/bos/state';

export async function isRunning(host: Pick<Host, 'files'>): Promise<boolean> {
  const boot: unknown = await host.files
    .readText('/run/bos/boot.json')
    .then(JSON.parse)
    .catch(() => undefined);
  return Object(boot).kernel === 'board';
}
