/** `opsctl build` in a checkout. */
import { resolve } from 'node:path';
import type { ArchitectureName } from '../../../architectures.ts';
import { build } from '../../../build/build.ts';
import { hasScheme } from '../../../build/own/place.ts';
import { usage } from '../../../errors.ts';
import { waitedFor } from '../../../operation/first-contact.ts';
import { compareVersions } from '../../../upgrade/source/versions.ts';
import type { CommandAction, CommandContext, OptionValues } from '../../command.ts';
import { renderer, rendererKind } from '../../render/index.ts';

export const runBuild: CommandAction = async (context, [artifacts], options) => {
  const { terminal, signal, verbose } = context;
  const project = await findProject(context);
  const host = waitedFor(await context.workstation());
  const manifest = JSON.parse(await host.files.readText(`${project}/package.json`));
  const text = (name: string) => (typeof options[name] === 'string' ? options[name] : undefined);
  const path = (name: string) => {
    const given = text(name);
    return given === undefined || /^https?:/i.test(given) ? given : resolve(host.system.cwd(), given);
  };
  requireFitting(options, artifacts);
  const arch = (text('arch') as ArchitectureName | undefined) ?? host.system.arch;
  const json = options.json === true;
  const view = renderer(rendererKind(terminal, host.system.env, { json, verbose }), terminal);
  // Modes of the user's files must not depend on the user: they show in archives.
  process.umask(0o022);
  try {
    const paths = await build(
      { host, emit: view.emit, signal, cache: path('cache') ?? `${project}/dist/cache`, project },
      {
        arch,
        output: path('output') ?? `${project}/dist/${folderFor(options)}`,
        version: text('osVersion') ?? manifest.version,
        artifacts: Array.isArray(artifacts) ? artifacts : [],
        bundle: `${project}/dist/opsctl.cjs`,
        mirror: text('mirror'),
        withoutSecurity: options.withoutSecurity === true,
        allowExpired: options.allowExpired === true,
        lock: path('lock'),
        refresh: options.refresh === true,
        quick: options.quick === true,
        dcp: path('dcp'),
        dcpVersion: text('dcpVersion'),
        dcpSha256: text('dcpSha256'),
        insecure: options.insecure === true,
        firmware: path('firmware'),
        from: place(text('from'), host.system.cwd()),
        plainHttp: options.plainHttp === true,
        argFile:
          options.layout === 'palette' ? (path('argFile') ?? resolve(host.system.cwd(), '.arg')) : undefined,
      },
    );
    if (json) {
      const message = `built ${paths.length} files`;
      view.emit({
        v: 1,
        at: host.clock.now(),
        type: 'result',
        ok: true,
        exitCode: 0,
        message,
        details: paths,
      });
    }
    await view.end();
    if (!json) for (const file of paths) terminal.out(`${file}\n`);
  } finally {
    await view.end();
  }
  return 0;
};

/** Each kind of build has a folder of its own, so that none removes what another one made. */
function folderFor({ from, layout }: OptionValues): string {
  if (layout === 'palette') return 'palette';
  return from === undefined ? 'artifacts' : 'own';
}

/** Throws OpsError `options-conflict`, `os-version` (usage). */
function requireFitting(options: OptionValues, artifacts: unknown): void {
  const { from, firmware, osVersion, layout, argFile } = options;
  if (layout === 'palette' && String(artifacts) !== 'oci')
    throw usage('options-conflict', '--layout palette is for the artifact oci alone', {
      hint: 'Run `opsctl build oci --layout palette`.',
    });
  if (argFile !== undefined && layout !== 'palette')
    throw usage('options-conflict', '--arg-file needs --layout palette', {
      hint: 'It names an image for Palette.',
    });
  if (from === undefined) {
    for (const [name, flag] of [
      ['osVersion', '--os-version'],
      ['plainHttp', '--plain-http'],
    ] as const)
      if (options[name] !== undefined)
        throw usage('options-conflict', `${flag} needs --from`, {
          hint: 'Without --from the OS is that of this checkout, with its version.',
        });
    return;
  }
  if (firmware !== undefined)
    throw usage('options-conflict', '--firmware cannot be combined with --from', {
      hint: 'The firmware of the image is taken: put files into its /usr/lib/firmware.',
    });
  const isVersion = (text: string) =>
    /^[A-Za-z0-9.+-]+$/.test(text) && compareVersions(text, '0.0.0') !== undefined;
  if (osVersion !== undefined && !isVersion(String(osVersion)))
    throw usage('os-version', `--os-version: "${osVersion}" is not a version`, {
      hint: 'Use three numbers, such as 1.4.0 or 1.4.0-rc.1 (semver.org).',
    });
}

/** A path as it is from here; what has a scheme stays as it was typed. */
function place(from: string | undefined, folder: string): string | undefined {
  if (from === undefined) return undefined;
  const [, scheme = '', named = ''] = /^((?:oci-archive|docker-archive):)?(.*)$/s.exec(from) ?? [];
  return hasScheme(named) ? from : `${scheme}${resolve(folder, named)}`;
}

/** The checkout that this program is run in: the folder with os/packages.json. */
export async function findProject({ host }: CommandContext): Promise<string> {
  for (let folder = host.system.cwd(); folder !== ''; folder = folder.replace(/\/[^/]*$/, '')) {
    if (await host.files.exists(`${folder}/os/packages.json`)) return folder;
  }
  throw usage('not-a-checkout', 'Not in a checkout of the project: os/packages.json was not found', {
    hint: 'Change to the checkout and run the command again.',
  });
}
