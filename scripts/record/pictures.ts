/** What the VGA screen of a machine without a serial console shows while somebody installs: docs/pictures/NAME.png. */
import { join } from 'node:path';
import type { Host } from '../../src/host/ports.ts';
import { fromProfile } from '../../src/vm/profiles.ts';
import type { Session } from '../../src/vm/session.ts';
import { start } from '../../src/vm/start.ts';
import { account, boot } from './recorder.ts';

/** QEMU's names of keys (qapi/ui.json, QKeyCode) for what is not called as it looks. */
const keyNames: Readonly<Record<string, string>> = { ' ': 'spc', '\r': 'ret' };
const lookMs = 400;
/** So often the same picture: nothing moves any more but the cursor. */
const still = 3;
/** The longest step of an installation may show the same for a while. */
const ended = 60;
const mostLooks = 1000;

class Screen {
  readonly #host: Host;
  readonly #session: Session;
  readonly #folder: string;
  readonly taken: string[] = [];
  readonly #output: string;

  constructor(host: Host, session: Session, folder: string, output: string) {
    this.#host = host;
    this.#session = session;
    this.#folder = folder;
    this.#output = output;
  }

  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      const data = keyNames[key] ?? key;
      await this.#session.qmp.execute('send-key', { keys: [{ type: 'qcode', data }] });
      await this.#host.clock.sleep(250);
    }
  }

  /** Types an answer where the question stands, and waits for what comes of it. */
  async answer(text: string): Promise<void> {
    await this.press(...text, '\r');
    await this.rest();
  }

  async take(name: string, times = still): Promise<void> {
    const bytes = await this.rest(times);
    const file = join(this.#output, `${name}.png`);
    await this.#host.files.write(file, bytes);
    this.taken.push(`${file}: ${Math.ceil(bytes.length / 1000)} kB\n`);
  }

  /** The picture once nothing moves but the cursor; throws when something always does. */
  async rest(enough = still): Promise<Uint8Array> {
    const path = join(this.#folder, 'screen.png');
    const seen = new Map<string, number>();
    for (let looks = 0; looks < mostLooks; looks += 1) {
      await this.#session.screenshot(path);
      const bytes = await this.#host.files.read(path);
      const picture = bytes.toString('latin1');
      const times = (seen.get(picture) ?? 0) + 1;
      seen.set(picture, times);
      if (times >= enough) return bytes;
      await this.#host.clock.sleep(lookMs);
    }
    throw new Error('the screen does not come to rest');
  }
}

/** Resolves with what to say of the pictures. `folder` is for the disk. */
export async function takePictures(
  host: Host,
  artifacts: string,
  folder: string,
  output: string,
): Promise<string> {
  const disk = join(folder, 'disk.img');
  const file = await host.files.open(disk, 'w');
  await file.write(8 * 2 ** 30 - 1, new Uint8Array(1));
  await file.close();
  await host.files.makeDir(output);
  const session = await start(
    fromProfile('bios', {
      name: 'pictures',
      memory: 1024,
      disks: [
        { id: 'disk', file: disk, bus: 'virtio', serial: 'DISK1', bootIndex: 1, cache: 'unsafe' },
        { id: 'medium', file: join(artifacts, 'bos-amd64.iso'), bus: 'cd', bootIndex: 2 },
      ],
    }),
    host,
  );
  try {
    const screen = new Screen(host, session, folder, output);
    await install(screen, session);
    return screen.taken.join('');
  } finally {
    await session.close();
  }
}

async function install(screen: Screen, session: Session): Promise<void> {
  await session.awaitText(/Rescue shell/, boot);
  await screen.press('down');
  await screen.take('boot-menu');
  await screen.press('\r');
  // The serial console asks the same, at the same time.
  await session.awaitText(/How does this machine get its network address/, boot);
  await screen.take('keyboard');
  await screen.answer('');
  await screen.answer('');
  await screen.answer('');
  await screen.answer(account.password);
  await screen.answer(account.password);
  await screen.answer('node1');
  await screen.take('plan');
  await screen.press(...'yes', '\r');
  // The other consoles still show their question.
  await screen.take('installed', ended);
}
