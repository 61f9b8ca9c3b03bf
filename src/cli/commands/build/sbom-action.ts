/** `opsctl build sbom`: what is in a built image, and what the archive of today has newer. */
import { resolve } from 'node:path';
import { type ImageContents, readContents } from '../../../build/inventory/read.ts';
import { renderSpdx } from '../../../build/inventory/spdx.ts';
import { type Update, updatesOf } from '../../../build/inventory/updates.ts';
import { packageListsFor } from '../../../build/packages/lock.ts';
import { archivePackages } from '../../../build/packages/packages.ts';
import { usage } from '../../../errors.ts';
import type { CommandAction, CommandContext, OptionValues } from '../../command.ts';
import { findProject } from './action.ts';

export const buildSbom: CommandAction = async (context, [image], options) => {
  const { host, terminal } = context;
  if (options.packages === true && options.updates === true)
    throw usage('options-conflict', '--packages cannot be combined with --updates');
  const place = typeof image === 'string' ? image : undefined;
  const path = resolve(host.system.cwd(), place ?? `${await findProject(context)}/dist/artifacts`);
  const contents = await readContents(host, path);
  terminal.out(await answer(context, contents, options));
  return 0;
};

async function answer(
  context: CommandContext,
  contents: ImageContents,
  options: OptionValues,
): Promise<string> {
  const json = options.json === true;
  const { inventory, dcp } = contents;
  if (options.updates === true) {
    const updates = await missingUpdates(context, contents, options);
    return json ? `${JSON.stringify({ v: 1, updates }, null, 2)}\n` : updatesText(updates);
  }
  if (options.packages !== true) return renderSpdx(inventory, dcp);
  if (json) return `${JSON.stringify({ ...inventory, dcp: dcp ?? null }, null, 2)}\n`;
  const rows = [
    ...inventory.packages.map(({ name, version, part, licence }) => [name, version, part, licence ?? '-']),
    ...[
      ['opsctl', inventory.opsctl.version, 'os', 'MIT'],
      ['node', inventory.opsctl.node, 'os', '-'],
    ],
    ...inventory.opsctl.npm.map(({ name, version, licence }) => [name, version, 'opsctl', licence ?? '-']),
    ...(dcp === undefined ? [] : [['dcp', dcp.version, 'dcp', '-']]),
  ];
  return table(['package', 'version', 'part', 'licence'], rows);
}

/** apt's lists are kept in a folder of their own, which goes again: the cache may belong to a build that runs. */
async function missingUpdates(
  context: CommandContext,
  { inventory }: ImageContents,
  options: OptionValues,
): Promise<Update[]> {
  const project = await findProject(context);
  const host = await context.workstation();
  const text = await host.files.readText(`${project}/os/packages.json`);
  const { rootfs, kernel, boot } = packageListsFor(text, inventory.arch);
  const folder = await host.files.makeTempDir('bos-updates-');
  try {
    context.terminal.err('Asking the Debian archive\n');
    const mirror = typeof options.mirror === 'string' ? options.mirror : undefined;
    const names = [...rootfs, ...kernel, ...boot];
    return updatesOf(inventory, await archivePackages(host, names, { arch: inventory.arch, folder, mirror }));
  } finally {
    await host.files.remove(folder);
  }
}

function updatesText(updates: readonly Update[]): string {
  if (updates.length === 0) return 'Nothing to update: the Debian archive has no newer packages.\n';
  const rows = updates.map(({ name, newName, installed, available, security }) => [
    ...[name, installed, newName === name ? available : `${newName} ${available}`],
    security ? 'security' : '',
  ]);
  const security = updates.filter((update) => update.security).length;
  const rebuild = 'Build again with --refresh to have them.';
  return `${table(['package', 'in the image', 'in the archive', ''], rows)}\n${updates.length} newer packages, ${security} of them from the security archive. ${rebuild}\n`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [head, ...rows]
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
