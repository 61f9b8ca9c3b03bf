/** `opsctl vm run`: the flags as a request. */
import type { ArchitectureName } from '../../../architectures.ts';
import { usage } from '../../../errors.ts';
import type { Host } from '../../../host/ports.ts';
import type { Bus, Firmware } from '../../../vm/machine.ts';
import { existingFormat, parseDisk } from '../../../vm/new-disk.ts';
import { type RunRequest, runOnTerminal } from '../../../vm/run.ts';
import type { CommandAction, OptionValues } from '../../command.ts';

const defaultTarget = (arch: ArchitectureName) => `dist/artifacts/bos-${arch}.iso`;

export const vmRun: CommandAction = async ({ workstation, terminal, signal }, [target], options) => {
  const host = await workstation();
  const request = await requestOf(host, typeof target === 'string' ? target : undefined, options);
  return runOnTerminal(request, host, signal, () =>
    terminal.err(`Booting ${request.target ?? request.kernel ?? 'the disks'}; Ctrl-A x quits.\n`),
  );
};

/** The request that arguments and flags stand for. Throws OpsError (usage). */
export async function requestOf(
  host: Host,
  target: string | undefined,
  options: OptionValues,
): Promise<RunRequest> {
  const given = <T>(name: string) => options[name] as T | undefined;
  const disks = await Promise.all(
    (given<readonly string[]>('disk') ?? []).map((text) => existingFormat(parseDisk(text), host)),
  );
  const built = defaultTarget(given<ArchitectureName>('arch') ?? host.system.arch);
  const boot =
    target ?? (given('kernel') === undefined && (await host.files.exists(built)) ? built : undefined);
  return {
    disks,
    diskBus: given<Bus>('diskBus') ?? 'virtio',
    sectorSize: given('sectorSize') === '4096' ? 4096 : 512,
    pxe: options.pxe === true,
    ...defined({
      target: boot,
      arch: given<ArchitectureName>('arch'),
      firmware: given<Firmware>('firmware'),
      bus: given<Bus>('bus'),
      memory: number(options.memory, '--memory', 16, 1 << 20),
      cpus: number(options.cpus, '--cpus', 1, 64),
      sshPort: number(options.sshPort, '--ssh-port', 1, 65_535),
      kernel: given<string>('kernel'),
      initrd: given<string>('initrd'),
      append: given<string>('append'),
    }),
  };
}

function number(value: unknown, flag: string, least: number, most: number): number | undefined {
  if (value === undefined) return undefined;
  const result = Number(value);
  if (Number.isInteger(result) && result >= least && result <= most) return result;
  throw usage('number-invalid', `${flag} is "${value}"; expected a number from ${least} to ${most}`);
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function defined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}
