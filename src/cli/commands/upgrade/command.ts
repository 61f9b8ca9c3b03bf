/** `opsctl upgrade`: another version of the system for a node that runs. */
import type { CommandDefinition } from '../../command.ts';

export const upgradeCommand: CommandDefinition = {
  name: 'upgrade',
  summary: 'bring a newer version onto this node; the old one stays until the new one has proved itself',
  description:
    'Copies a new version beside the one that runs, reads it back, and lets it start from the next boot on. Until then ' +
    'nothing changes, and a power cut at any moment leaves a version that starts. The new version has a few starts to ' +
    'prove itself; if it does not, the old one comes back by itself. SOURCE is a folder, an ISO (path or URL), the ' +
    'manifest of a release (path or URL) or an image of a registry (oci:REGISTRY/REPOSITORY:TAG). Over a network only ' +
    'what the node does not have is fetched.',
  args: [{ name: '[source]', help: 'where the new version comes from' }],
  options: [
    { flags: '--source <folder>', help: 'the same as SOURCE, as an upgrade controller says it' },
    {
      flags: '--destination <folder>',
      help: 'bos/system of the node, where it is not /bos/system: /host/bos/system in a container',
    },
    { flags: '--kernel', help: 'take the kernel only; likewise --rootfs and --dcp' },
    { flags: '--rootfs', help: 'take the user space' },
    { flags: '--dcp', help: 'take DCP' },
    { flags: '--version <version>', help: 'a release of the channel; without a source, the newest' },
    { flags: '--channel <url>', help: 'where releases are; bos.upgrade.channel by default' },
    { flags: '--stage', help: 'copy and verify now; --commit makes it start' },
    { flags: '--commit', help: 'let what was staged start from the next boot on' },
    { flags: '--at <time>', help: 'with --commit: at this time, such as 03:30 or "2026-12-01 03:30"' },
    {
      flags: '--boot-loader',
      help: 'bring the boot loader to the version that runs; it follows by itself where starts are counted',
    },
    {
      flags: '--gate',
      help: 'in a job of a Plan: wait until the nodes upgraded before are healthy, and change nothing',
    },
    { flags: '--gate-limit <duration>', help: 'with --gate: how long to wait; 20m by default' },
    { flags: '--reboot', help: 'restart the node when it is done' },
    { flags: '--force', help: 'also an older version, or one that this node returned from' },
    {
      flags: '--tries <number>',
      help: 'starts that the new version has to prove itself, 1 to 9; 3 by default',
    },
    { flags: '--limit-rate <rate>', help: 'fetch no faster than this, such as 2M (bytes a second)' },
    { flags: '--sha256 <hex>', help: 'SHA-256 that the ISO must have' },
    { flags: '--public-key <key>', help: 'minisign key that must have signed the manifest' },
    { flags: '--ca-file <file>', help: 'certificates (PEM) to trust in addition to the usual ones' },
    { flags: '--insecure', help: 'also from an http URL that neither a key nor a digest verifies' },
    { flags: '--lock-file <file>', help: 'where the lock is; /run/bos/upgrade.lock by default' },
    { flags: '--remount', help: 'accepted for upgrade controllers; /bos stays read-only', hidden: true },
    {
      flags: '--sync',
      help: 'accepted for upgrade controllers; everything is always written out',
      hidden: true,
    },
    { flags: '--dry-run', help: 'show the plan and change nothing' },
    { flags: '--json', help: 'print events as JSON lines' },
  ],
  examples: [
    {
      line: 'sudo opsctl upgrade bos-amd64.iso --reboot',
      does: 'Upgrade from an ISO or a stick, and restart:',
    },
    {
      line: 'sudo opsctl upgrade https://releases.example/v0.2.0/bos/system/manifest.json --dry-run',
      does: 'See what an upgrade to a release would do:',
    },
    { line: 'sudo opsctl upgrade --version v0.2.0', does: 'Upgrade to a release of the configured channel:' },
    { line: 'sudo opsctl upgrade oci:registry.example/bos:v0.2.0', does: 'Upgrade from a registry:' },
    { line: 'sudo opsctl upgrade bos-amd64.iso --stage', does: 'Fetch and verify now, commit later:' },
    { line: 'sudo opsctl upgrade --commit --reboot --at 03:30', does: 'Commit it at night:' },
    {
      line: 'opsctl upgrade --source=/bos/system --destination=/host/bos/system --reboot',
      does: 'Upgrade the node that a container runs on:',
    },
  ],
  load: () => import('./action.ts').then((module) => module.upgradeNode),
};
