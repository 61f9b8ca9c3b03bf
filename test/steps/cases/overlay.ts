/** The steps of an overlay over a board's own system, and of the way back. */
import type { Step } from '../../../src/steps/index.ts';
import type { FakeHost, FakeSetup } from '../../fakes/host.ts';
import type { Cases } from '../case.ts';
import { file } from '../common-steps.ts';
import { failing } from '../failures.ts';
import { type Machine, machine } from '../machine.ts';
import { inOrder, readBackFromDevice, sequence } from '../promises.ts';

const root = 'mount:board';
const ours = '#!/bos/system/overlay/busybox sh\n';

/** A card whose root is mounted at /card, with an init that is a program of its own. */
function board(setup: FakeSetup = {}): Machine {
  let host: FakeHost | undefined;
  const made = machine({
    ...setup,
    files: { '/card/usr/sbin/init': 'old', '/card/bos/system/overlay/init': ours, ...setup.files },
    tools: {
      sync: () => undefined,
      ln: async ([from = '', to = '']) => {
        await host?.files.copy(from, to);
        // A second name is no content of its own.
        host?.effects.push({ kind: 'sync', path: to });
        return undefined;
      },
      ...setup.tools,
    },
  });
  host = made.host;
  return { ...made, names: { ...made.names, [root]: '/card' } };
}

const switched = {
  ...{
    id: 'a',
    kind: 'switch-init' as const,
    at: root,
    path: 'usr/sbin/init',
    kept: 'usr/sbin/init.before-bos',
  },
  ...{ target: null, to: 'bos/system/overlay/init' },
} as const satisfies Step;

const restored = {
  ...{
    id: 'a',
    kind: 'restore-init' as const,
    at: root,
    path: 'usr/sbin/init',
    kept: 'usr/sbin/init.before-bos',
  },
  ...{ target: null, ours: 'bos/system/overlay/init' },
} as const satisfies Step;

/** A board that has been overlaid. */
const overlaid = (setup: FakeSetup = {}): Machine =>
  board({
    ...setup,
    files: { '/card/usr/sbin/init': ours, '/card/usr/sbin/init.before-bos': 'old', ...setup.files },
  });

const image = '/made/board.img.partial';
const work = '/made/tree';
const system = { 'bos/system/os/1/rootfs.squashfs': 'the root', 'bos/system/overlay/init': ours };

/** What debugfs does to the files in an image, as far as its commands are used. */
function withImage(setup: FakeSetup = {}, images: FakeSetup['files'] = { [image]: 'an image' }): Machine {
  const inside = new Map<string, Uint8Array | string>([
    ['/usr/sbin/init', 'old'],
    ['/usr/sbin/init.before-bos', 'older'],
  ]);
  let host: FakeHost | undefined;
  const names = (line: string) => [...line.matchAll(/"((?:[^"]|"")*)"/g)].map(([, name = '']) => name);
  const made = machine({
    ...setup,
    files: {
      ...images,
      ...Object.fromEntries(Object.entries(system).map(([path, text]) => [`${work}/${path}`, text])),
      ...setup.files,
    },
    tools: {
      debugfs: async (args, options) => {
        if (args[0] === '-R') {
          const found = inside.get(names(args[1] ?? '')[0] ?? '');
          return { stdout: typeof found === 'string' ? 'Type: regular' : '' };
        }
        let folder = '/';
        for (const line of String(options?.input).split('\n')) {
          const [first = '', second = ''] = names(line);
          const at = (name: string) => `${folder}/${name}`;
          if (line.startsWith('cd')) folder = first;
          if (/^(rm|unlink)/.test(line)) inside.delete(at(first));
          if (line.startsWith('ln')) inside.set(at(second), inside.get(at(first)) ?? '');
          if (line.startsWith('write')) inside.set(at(second), (await host?.files.read(first)) ?? '');
          if (line.startsWith('dump')) await host?.files.write(second, inside.get(first) ?? '');
        }
        return undefined;
      },
      e2fsck: () => undefined,
      cp: async (args) => {
        const [from = '', to = ''] = args.slice(-2);
        await host?.files.copy(from, to);
        host?.effects.push({ kind: 'sync', path: to });
        return undefined;
      },
      ...setup.tools,
    },
  });
  host = made.host;
  return { ...made, names: { ...made.names, 'file:config': '/secret/config.yaml' } };
}

const damagedFileSystem = {
  spoil: (host: FakeHost) => host.tools.set('e2fsck', () => ({ exitCode: 4 })),
  code: 'read-back',
};
const idleDebugfs = {
  spoil: (host: FakeHost) => host.tools.set('debugfs', () => undefined),
  code: 'read-back',
};

export const overlayCases = {
  'switch-init': {
    step: switched,
    machine: board,
    takes: async (host) => host.tree('/card/usr'),
    promises: {
      'the old init has its other name on the disk before the name is taken': inOrder(
        /^run ln \/card\/usr\/sbin\/init \/card\/usr\/sbin\/init\.before-bos$/,
        /^run sync \/card\/usr\/sbin$/,
        /^replace \/card\/usr\/sbin\/init 0755/,
      ),
      'it is read back from the disk': readBackFromDevice('/card/usr/sbin/init'),
    },
    failures: {
      'a file system without second names': failing('ln'),
      'a file system that keeps the old one': {
        spoil: (host) => Object.assign(host.files, { writeAtomic: async () => {} }),
        code: 'read-back',
      },
    },
  },
  'switch-init: a link': {
    step: { ...switched, target: '/lib/systemd/systemd' },
    machine: board,
    promises: {
      'the second link comes first': inOrder(
        /^symlink \/card\/usr\/sbin\/init\.before-bos/,
        /^run sync \/card\/usr\/sbin$/,
        /^replace \/card\/usr\/sbin\/init 0755/,
      ),
    },
    failures: { 'a folder that cannot be flushed': failing('sync') },
  },
  'restore-init': {
    step: restored,
    machine: overlaid,
    promises: {
      'by one rename, which is on the disk': inOrder(
        /^rename \/card\/usr\/sbin\/init\.before-bos/,
        /^run sync \/card\/usr\/sbin$/,
      ),
    },
    failures: {
      'a folder that cannot be flushed': failing('sync'),
      'an init that was kept and is ours': {
        spoil: { files: { '/card/usr/sbin/init.before-bos': ours } },
        code: 'read-back',
      },
    },
  },
  'restore-init: a link': {
    step: { ...restored, kept: null, target: '/lib/systemd/systemd' },
    machine: overlaid,
    promises: {
      'the link is there, and on the disk, before it takes the name': sequence(
        /^remove \/card\/usr\/sbin\/init\.new$/,
        /^symlink \/card\/usr\/sbin\/init\.new /,
        /^run sync \/card\/usr\/sbin$/,
        /^rename \/card\/usr\/sbin\/init\.new /,
        /^run sync \/card\/usr\/sbin$/,
      ),
    },
    failures: { 'a folder that cannot be flushed': failing('sync') },
  },
  'copy-image': {
    step: {
      ...{ id: 'a', kind: 'copy-image', from: '/made/board.img', unpacked: false, to: image },
      size: 'an image'.length,
    },
    machine: (setup = {}) =>
      withImage({ ...setup, files: { '/made/board.img': 'an image', ...setup.files } }, {}),
    takes: async (host) => host.files.exists(image),
    promises: {
      'nobody else writes to it': inOrder(/^remove /, /^run cp .*board\.img\.partial$/, /^chmod .* 0600$/),
    },
    failures: { 'a copy that fails': failing('cp') },
  },
  'fill-ext4': {
    step: {
      ...{ id: 'a', kind: 'fill-ext4', image, offset: 1048576, from: work },
      folders: ['bos', 'bos/system'],
      files: Object.keys(system).map((path) => ({ path, from: path, mode: 0o644 })),
      links: [{ path: 'bos/system/os/current', target: '1' }],
      config: {
        ...{ path: 'bos/system/config.yaml', mode: 0o640 },
        content: file('file:config', Buffer.from('hostname: one\n')),
      },
      init: {
        ...{ path: 'usr/sbin/init', kept: 'usr/sbin/init.before-bos', target: null },
        from: 'bos/system/overlay/init',
      },
    },
    machine: withImage,
    promises: {
      'all have their modes before they are written, all are read back, and the configuration is private':
        sequence(
          /^create \/tmp\/\S+\/config 0600$/,
          /^chmod \/made\/tree\/bos\/system\/os\/1\/rootfs\.squashfs 0644$/,
          /^chmod \/made\/tree\/bos\/system\/overlay\/init 0644$/,
          /^chmod \/tmp\/\S+\/config 0640$/,
          /^run debugfs -w /,
          ...Array.from({ length: 4 }, () => [/^remove \/tmp\/\S+\/found$/, /^run debugfs -f /]).flat(),
          /^run e2fsck /,
        ),
    },
    failures: {
      'commands that do nothing': idleDebugfs,
      'a file system that is not sound': damagedFileSystem,
      'another configuration': {
        spoil: { files: { '/secret/config.yaml': 'hostname: two\n' } },
        code: 'source-changed',
      },
      'no debugfs': failing('debugfs'),
    },
  },
  'restore-ext4-init': {
    step: {
      ...{ id: 'a', kind: 'restore-ext4-init', image, offset: 0, path: 'usr/sbin/init' },
      ...{ kept: 'usr/sbin/init.before-bos', target: null },
    },
    machine: withImage,
    failures: {
      'commands that do nothing': idleDebugfs,
      'a file system that is not sound': damagedFileSystem,
    },
  },
} satisfies Cases;
