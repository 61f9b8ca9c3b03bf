/** Takeovers whose new system nobody reaches, or that does not come up: the old system is back, as it was, by itself. */
import { strict as assert } from 'node:assert';
import { bootLimit, isoOn, ok, switchOff } from '../support/boots.ts';
import type { SystemTest } from '../support/machines.ts';
import {
  debianDisk,
  digestOf,
  oldDebian,
  password,
  patience,
  prepare,
} from '../support/other-systems/taken-debian.ts';

export const issue = 19;

const reachable = { bos: { password } };
/** Each is the configuration of a system that nobody reaches, and what is seen of it. */
const sabotages: readonly { readonly name: string; readonly config: object; readonly seen: RegExp }[] = [
  {
    name: 'wrong gateway',
    config: {
      bos: {
        password,
        network: [{ name: 'enp0s2', driver: 'virtio_net', addresses: ['10.9.9.9/24'], gateway4: '10.9.9.1' }],
      },
    },
    seen: /takeover: nobody confirmed the new system within 45 s: restarting/,
  },
  {
    name: 'no login key',
    config: { hostname: 'nobody' },
    seen: /takeover: nobody can log in over ssh: .*: restarting/,
  },
  {
    name: 'kernel panic',
    config: { ...reachable, run_cmd: ['echo c > /proc/sysrq-trigger'] },
    seen: /Kernel panic/,
  },
  {
    name: 'user space that hangs',
    config: { ...reachable, boot_cmd: ['while :; do sleep 60; done'] },
    seen: /the trial has not ended within \d+ s: restarting/,
  },
  {
    // Nothing but interrupts is served any more.
    name: 'a kernel that runs nothing else',
    config: {
      ...reachable,
      run_cmd: [
        'echo -1 > /proc/sys/kernel/sched_rt_runtime_us; for n in $(seq $(nproc)); do setsid chrt -f 99 sh -c "while :; do :; done" & done',
      ],
    },
    seen: /softdog: Initiating system reset|Booting `Debian/,
  },
  {
    name: 'sshd broken',
    config: {
      ...reachable,
      write_files: [{ path: '/etc/ssh/sshd_config.d/broken.conf', content: 'Nonsense yes\n' }],
    },
    seen: /takeover: sshd refuses its configuration: .*: restarting/,
  },
];

export const tests: SystemTest[] = [
  {
    name: 'takeover: six sabotages, and six times the old system is back as it was, with nobody present',
    seconds: 900,
    soak: true,
    uses: [oldDebian],
    async run(t) {
      const disk = await debianDisk(t);
      const iso = { ...isoOn(t, 'virtio'), serial: 'iso' };
      const session = await t.start({ memory: 768, disks: [disk, iso] });
      await session.login('root', bootLimit);
      await prepare(session);
      const words = '--silent --trial 45s --no-carry all --config /root/config.yaml';
      await ok(session, `opsctl install --takeover /dev/vda3 /dev/vdb ${words}`, 240_000);
      const before = await digestOf(session);
      for (const { name, config, seen } of sabotages) {
        const text = JSON.stringify(config).replaceAll("'", "'\\''");
        await ok(session, `echo '${text}' > /bos/system/config.yaml && grub-reboot bos-takeover`);
        session.type('systemctl reboot\n');
        await session.awaitText(/Booting `Bhojpur OS \d/, patience);
        const started = session.mark(`${name}: started`);
        await session.awaitText(seen, patience);
        await session.login('root', patience);
        t.figure(`${name}: back, s`, (session.mark(`${name}: back`) - started) / 1000);
        assert.equal(await digestOf(session), before, name);
      }
      assert.match(await ok(session, 'cat /bos/system/takeover-returned'), /sshd refuses its configuration/);
      await switchOff(session, 'systemctl poweroff');
    },
  },
];
