/** What is done, and said, where programs of another architecture do not run. */
import test from 'ava';
import { requireRunnable } from '../../src/build/emulation.ts';
import { ToolFailed } from '../../src/host/tool-failed.ts';
import { fakeHost } from '../fakes/host.ts';

const conf = '/usr/lib/binfmt.d/qemu-aarch64.conf';
const kernel = '/proc/sys/fs/binfmt_misc';
const line = ':qemu-aarch64:M::magic:mask:/usr/libexec/qemu-binfmt/aarch64-binfmt-P:OPF\n';

/** A machine of amd64 on which programs of arm64 run once `ready`. */
function machine(files: Record<string, string>, { ready = (): boolean => false, uid = 0 } = {}) {
  const commands: string[] = [];
  const host = fakeHost({ files });
  const fake = {
    ...host,
    system: { ...host.system, uid, arch: 'amd64' as const },
    processes: {
      ...host.processes,
      run: async (command: string, args: readonly string[]) => {
        if (command.endsWith('/program')) {
          if (ready()) return { stdout: '', stderr: '', exitCode: 0 };
          throw new ToolFailed({ command, args, exitCode: 126, stderr: 'Exec format error', stdout: '' });
        }
        commands.push([command, ...args].join(' '));
        return { stdout: '', stderr: '', exitCode: 0 };
      },
    },
  };
  return { host: fake as unknown as typeof host, commands };
}

test('its own programs need nothing', async (t) => {
  const { host, commands } = machine({});
  await requireRunnable(host, 'amd64');
  t.deepEqual(commands, []);
});

test('where they run already, nothing is registered', async (t) => {
  const { host, commands } = machine({}, { ready: () => true });
  await requireRunnable(host, 'arm64');
  t.deepEqual(commands, []);
});

test('root registers the emulator, and mounts what that takes', async (t) => {
  let registered = '';
  const made = machine({ [conf]: line }, { ready: () => registered === line });
  const { files } = made.host;
  const host = {
    ...made.host,
    files: {
      ...files,
      append: async (path: string, text: string) => {
        t.is(path, `${kernel}/register`);
        registered = text;
      },
    },
  };
  await requireRunnable(host, 'arm64');
  t.deepEqual(made.commands, [`mount -t binfmt_misc binfmt_misc ${kernel}`]);
  t.is(registered, line);
});

test('without the emulator it is said what to install', async (t) => {
  await t.throwsAsync(requireRunnable(machine({}).host, 'arm64'), {
    code: 'emulator-missing',
    message: /cannot run programs for arm64/,
  });
});

test('an ordinary user changes nothing of the kernel', async (t) => {
  const { host, commands } = machine({ [conf]: line, [`${kernel}/register`]: '' }, { uid: 1000 });
  await t.throwsAsync(requireRunnable(host, 'arm64'), { code: 'emulator-unregistered' });
  t.deepEqual(commands, []);
});

test('a kernel that takes it and starts nothing all the same is refused', async (t) => {
  const { host } = machine({ [conf]: line, [`${kernel}/register`]: '' });
  await t.throwsAsync(requireRunnable(host, 'arm64'), { code: 'emulator-unregistered' });
});
