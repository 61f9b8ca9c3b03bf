/** The ISO that was built, remastered as a person would: a copy in the folder of the test, with a configuration put in. */
import { join } from 'node:path';
import type { ArchitectureName } from '../../../src/architectures.ts';
import type { RemasterResult } from '../../../src/iso/job.ts';
import { remaster } from '../../../src/iso/remaster.ts';
import type { MenuRequest, RemasterRequest } from '../../../src/iso/request.ts';
import { isoOn } from './boots.ts';
import type { SystemContext } from './machines.ts';

/** What is asked for beside the configuration; nothing of what is left out. */
type Asked = Partial<Omit<RemasterRequest, 'menu' | 'config'>> & { readonly menu?: Partial<MenuRequest> };

/** `config` is the text of the configuration. Returns the path of the ISO, and how it was changed. */
export async function remasteredIso(
  t: SystemContext,
  config: string,
  { menu, ...asked }: Asked,
  arch: ArchitectureName = 'amd64',
): Promise<{ readonly iso: string; readonly method: RemasterResult['method'] }> {
  const iso = join(t.folder, 'bos.iso');
  await t.host.processes.run('cp', ['--reflink=auto', isoOn(t, 'cd', arch).file, iso]);
  const configFile = join(t.folder, 'config.yaml');
  await t.host.files.write(configFile, config);
  const request: RemasterRequest = {
    ...{ add: [], remove: [], config: configFile },
    ...asked,
    menu: { append: [], delete: [], replace: [], ...menu },
  };
  const { method } = await remaster({ host: t.host, iso, request });
  return { iso, method };
}
