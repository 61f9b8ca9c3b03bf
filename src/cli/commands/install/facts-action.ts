/** `opsctl install --facts FILE --dry-run`: the plan for a recorded machine. Needs no root and looks at no disk. */
import { formatUnlabelled } from '../../../config/diagnostics.ts';
import { consolesOf } from '../../../disk/probe/machine.ts';
import { usage } from '../../../errors.ts';
import { cannotRead } from '../../../host/system-error.ts';
import { parseRecordedFacts } from '../../../install/recorded/facts.ts';
import { planElsewhere } from '../../../install/recorded/plan-from-facts.ts';
import { installFlagsSchema, requestOf } from '../../../install/request.ts';
import { stamper } from '../../../plan/stamper.ts';
import type { CommandContext, OptionValues } from '../../command.ts';
import { tellFaults } from '../diagnostics-report.ts';
import { showPlan } from './show-plan.ts';
import { requestOfLine } from './tried-line.ts';

export async function planForFacts(
  context: CommandContext,
  args: { readonly device: string | undefined; readonly isoUrl: string | undefined },
  options: OptionValues,
): Promise<number> {
  const { host, terminal, signal } = context;
  const flags = installFlagsSchema.parse({ ...options, noFormat: options.format === false });
  const { facts: path = '' } = flags;
  // The kernel command line is this machine's, not the recorded one's, unless it is given.
  const { cmdline } = flags;
  const request = cmdline === undefined ? requestOf(args, flags, {}) : requestOfLine(cmdline, args, flags);
  if (!request.dryRun)
    throw usage('facts-dry-run', '--facts plans for another machine and needs --dry-run', {
      hint: `Run \`opsctl install --facts ${path} --dry-run\` with the other options.`,
    });
  const text = await host.files.readText(path).catch((cause: unknown) => {
    throw cannotRead('facts-unreadable', `--facts: ${path}`, cause);
  });
  const facts = parseRecordedFacts(text, path);
  const recorded = cmdline === undefined ? facts : { ...facts, consoles: consolesOf(cmdline) };
  const say = (line: string) => terminal.err(`${line}\n`);
  const prepared = await planElsewhere(host, request, recorded, { say, signal });
  const json = options.json === true;
  const print = (event: unknown) => terminal.out(`${JSON.stringify(event)}\n`);
  const emit = json ? stamper(print, host.clock.now) : undefined;
  for (const found of prepared.checked.config.warnings) {
    if (emit === undefined) tellFaults(terminal, [found]);
    else emit({ type: 'warning', message: formatUnlabelled(found) });
  }
  showPlan(context, prepared, json ? print : undefined);
  const message = `Plan for the machine recorded in ${path}; this machine was not inspected.`;
  if (emit !== undefined) emit({ type: 'result', ok: true, exitCode: 0, message });
  else terminal.out(`${message}\n`);
  return 0;
}
