/**
 * bos.sysctls: written to /proc/sys at once, and to a file that systemd-sysctl.service reads last, so that the
 * defaults it sets later in the boot do not win, and udev gives each new network interface its settings.
 *
 * A setting may belong to a module or an interface that comes later. So one that is not there is an error in the
 * runtime phase only; the phases before leave it to that file and to the runtime phase.
 */
import { checkSysctlValue, sysctlPath } from '../../../config/checks/sysctls.ts';
import { errorCode, messageWithDetails } from '../../../errors.ts';
import type { Host } from '../../../host/ports.ts';
import type { ApplyContext } from '../applier.ts';
import { applier, throwAll } from '../applier.ts';
import { renderSysctls, sameSysctlValue } from './sysctl-key.ts';

/** Sorts behind Debian's 99-protect-links.conf and 99-sysctl.conf, which is /etc/sysctl.conf. */
export const sysctlFile = '/etc/sysctl.d/99-zz-bos-config.conf';

export const sysctlsApplier = applier({
  key: 'bos.sysctls',
  apply: async (context, settings) => {
    const faults: string[] = [];
    const valid = new Map<string, string>();
    for (const [key, value] of Object.entries(settings)) {
      try {
        const path = sysctlPath(key);
        checkSysctlValue(key, value);
        valid.set(path, value);
        await writeSetting(context, key, path, value);
      } catch (error) {
        faults.push(messageWithDetails(error));
      }
    }
    await writeFile(context, renderSysctls(valid)).catch((error) => faults.push(messageWithDetails(error)));
    throwAll(faults);
  },
});

async function writeSetting(context: ApplyContext, key: string, name: string, value: string) {
  const { host, phase, path } = context;
  const file = path(`/proc/sys/${name}`);
  const type = (await host.files.stat(file))?.type;
  if (type !== 'file') {
    if (type === undefined && phase !== 'runtime') {
      context.log?.(`${key} is not there yet`);
      return;
    }
    throw new Error(`this kernel has no setting ${key}`);
  }
  // Some can be written only, such as net.ipv4.route.flush.
  const present = await host.files.readText(file).catch(() => undefined);
  if (present !== undefined && sameSysctlValue(present, value)) return;
  await host.files.write(file, `${value.trim()}\n`).catch((error) => {
    const refused = errorCode(error) === 'EINVAL';
    throw new Error(
      refused
        ? `${key}: the kernel refuses the value ${JSON.stringify(value)}`
        : `${key}: ${messageWithDetails(error)}`,
    );
  });
}

async function writeFile({ host, path }: { host: Host; path(path: string): string }, text: string) {
  const file = path(sysctlFile);
  if ((await host.files.readText(file).catch(() => undefined)) === text) return;
  await host.files.makeDir(path('/etc/sysctl.d'), 0o755);
  await host.files.writeAtomic(file, text);
}
