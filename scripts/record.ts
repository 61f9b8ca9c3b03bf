/**
 * Records an installation: boots the ISO in a virtual machine, chooses the installer in its menu, answers the
 * questions as a person would, lets the machine restart from its disk, logs in; and writes what the serial console
 * showed as docs/recordings/install.cast and install.svg.
 *
 *   record.ts [--artifacts FOLDER] [--output FOLDER]
 *
 * Waiting is cut short and the long parts run faster than they did; nothing else is changed.
 */
import { join, resolve } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { parseArgs } from 'node:util';
import type { Host } from '../src/host/ports.ts';
import { workstationHost } from '../src/host/workstation/index.ts';
import { fromProfile } from '../src/vm/profiles.ts';
import type { Session } from '../src/vm/session.ts';
import { start } from '../src/vm/start.ts';
import { castOf } from './record/cast.ts';
import { type Frame, framesOf, type Output } from './record/screen.ts';
import { svgOf } from './record/svg.ts';

const root = join(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    artifacts: { type: 'string', default: join(root, 'dist/artifacts') },
    output: { type: 'string', default: join(root, 'docs/recordings') },
  },
});
const title = 'Installing Bhojpur OS from its ISO at a serial console, and the first boot of the disk';
const user = 'bhojpur';
const secret = 'correct horse';

/** How the times of a recording are shortened from a moment on. */
interface Pace {
  readonly from: number;
  /** How many times faster than it was. */
  readonly speed: number;
  /** Longer pauses become this long, milliseconds. */
  readonly longest: number;
}

const outputs: Output[] = [];
const paces: Pace[] = [{ from: 0, speed: 1, longest: 400 }];
const real = workstationHost();
const begin = real.clock.monotonic();
const now = () => real.clock.monotonic() - begin;
const pace = (speed: number, longest: number) => paces.push({ from: now(), speed, longest });
const boot = { timeoutMs: 300_000 };

await write(await framesOf(shortened(await record(), paces), 90));

async function record(): Promise<readonly Output[]> {
  const folder = await real.files.makeTempDir('bos-record-');
  const disk = join(folder, 'disk.img');
  const file = await real.files.open(disk, 'w');
  await file.write(8 * 2 ** 30 - 1, new Uint8Array(1));
  await file.close();
  const session = await start(
    fromProfile('bios', {
      name: 'record',
      memory: 1024,
      disks: [
        // Before the medium: empty, it is passed over, and installed, it is what the machine restarts from.
        { id: 'disk', file: disk, bus: 'virtio', serial: 'DISK1', bootIndex: 1, cache: 'unsafe' },
        { id: 'medium', file: resolve(values.artifacts, 'bos-amd64.iso'), bus: 'cd', bootIndex: 2 },
      ],
    }),
    listening(real),
  );
  try {
    await install(session);
    await firstBoot(session);
  } finally {
    await session.close();
    await real.files.remove(folder);
  }
  return outputs;
}

async function install(session: Session): Promise<void> {
  await session.awaitText(/Rescue shell/, boot);
  await pauseFor(1500);
  // Ctrl-N: the arrow key is three bytes, which GRUB takes apart on a busy machine.
  await typed(session, '\x0e');
  await pauseFor(900);
  pace(4, 700);
  await typed(session, '\r');
  await session.awaitText(/How will you log in/, boot);
  pace(1, 1800);
  await pauseFor(1800);
  await typed(session, '\r');
  await session.awaitText(/Ctrl-T/);
  await typed(session, `${secret}\r`);
  await session.awaitText(/Repeat the password:/);
  await typed(session, `${secret}\r`);
  await session.awaitText(/Host name/);
  await typed(session, 'node1\r');
  await session.awaitText(/Type yes/);
  pace(1, 4000);
  await pauseFor(4000);
  await typed(session, 'yes\r');
  pace(6, 1000);
  await session.awaitText(/is installed on/, boot);
  pace(1, 2500);
}

async function firstBoot(session: Session): Promise<void> {
  await session.awaitText(/Rescue shell/, boot);
  pace(4, 700);
  await session.awaitText(/login: $/, boot);
  pace(1, 1500);
  await typed(session, `${user}\n`);
  await session.awaitText(/[Pp]assword: $/, boot);
  await typed(session, `${secret}\n`);
  await session.awaitText(/[$] $/, boot);
  for (const command of [
    'opsctl --version',
    'findmnt /usr',
    'df -h --output=source,size,avail,target /var',
  ]) {
    await pauseFor(700);
    await typed(session, `${command}\n`);
    await session.awaitText(/[$] $/, boot);
  }
  await pauseFor(500);
}

/** As a person types. */
async function typed(session: Session, text: string): Promise<void> {
  for (const key of text) {
    await pauseFor(key === '\r' || key === '\n' ? 350 : 70);
    session.type(key);
  }
}

function pauseFor(ms: number): Promise<void> {
  return real.clock.sleep(ms);
}

/** The same host, noting what comes over the console's socket and when. */
function listening(host: Host): Host {
  return {
    ...host,
    sockets: {
      ...host.sockets,
      connectUnix: async (path) => {
        const socket = await host.sockets.connectUnix(path);
        const decoder = new StringDecoder('utf8');
        if (path.endsWith('console.sock'))
          socket.on('data', (chunk: Buffer) => outputs.push({ time: now(), text: decoder.write(chunk) }));
        return socket;
      },
    },
  };
}

function shortened(recorded: readonly Output[], changes: readonly Pace[]): Output[] {
  let time = 0;
  let before = recorded[0]?.time ?? 0;
  return recorded.map((output) => {
    const { speed, longest } = changes.findLast(({ from }) => from <= output.time) ?? {
      speed: 1,
      longest: 1000,
    };
    time += Math.min((output.time - before) / speed, longest);
    before = output.time;
    return { time: Math.round(time), text: output.text };
  });
}

async function write(shown: readonly Frame[]): Promise<void> {
  const still = shown.findLastIndex(({ rows }) =>
    rows.some((row) => row.some(({ text }) => text.includes('is installed on'))),
  );
  const { files } = real;
  await files.makeDir(values.output);
  const texts = {
    'install.cast': castOf(shown, { title, lastMs: 4000 }),
    'install.svg': svgOf(shown, { title, lastMs: 4000, still: Math.max(0, still) }),
  };
  for (const [name, text] of Object.entries(texts)) {
    await files.write(join(values.output, name), text);
    process.stdout.write(`${join(values.output, name)}: ${Math.ceil(text.length / 1000)} kB\n`);
  }
  process.stdout.write(`${shown.length} frames, ${Math.round((shown.at(-1)?.time ?? 0) / 1000)} s\n`);
}
