/** Runs `opsctl image write`: what was asked, what is there, then the writing, shown as it goes. */
import type { MachineFacts } from '../../../disk/facts.ts';
import { probeMachine } from '../../../disk/probe/probe.ts';
import { type OpsError, refused, usage } from '../../../errors.ts';
import type { WriteRequest } from '../../../image/write/request.ts';
import {
  cardsOf,
  imageDisk,
  type PreparedWrite,
  prepareWrite,
  writeImageTo,
} from '../../../image/write/write.ts';
import { waitedFor } from '../../../operation/first-contact.ts';
import { logged } from '../../../operation/programs.ts';
import { stamper } from '../../../plan/stamper.ts';
import type { CommandAction, CommandContext, OptionValues } from '../../command.ts';
import { shown } from '../../render/shown.ts';
import { withQuietKeys } from '../../terminal/quiet-keys.ts';
import { showPlan } from '../install/show-plan.ts';

export const imageWrite: CommandAction = async (context, args, options) => {
  const { host, terminal, signal, verbose } = context;
  const json = options.json === true;
  const request = requestOf(args, options);
  const say = (line: string) => terminal.err(`${line}\n`);
  const machine = { ...context, host: waitedFor(verbose ? logged(host, say) : host) };
  requireRoot(context);
  const interactive = terminal.stdinIsTty && !request.silent && !request.dryRun && !json;
  const { request: agreed, prepared } = interactive
    ? await conversation(machine, request)
    : { request, prepared: await prepare(machine, request, say) };

  const { plan, doubts } = prepared;
  await shown({ host, terminal }, { json, verbose }, async (emit) => {
    const tell = stamper(emit, host.clock.now);
    if (!interactive) for (const message of doubts) tell({ type: 'warning', message });
    if (request.dryRun) showPlan(context, prepared, json ? emit : undefined);
    else if (!interactive && !request.silent) throw consentMissing(prepared);
    else {
      const work = () =>
        writeImageTo(machine.host, agreed, prepared, { emit, signal, ...(verbose ? { log: say } : {}) });
      await (interactive ? withQuietKeys(process.stdin, interrupt, work) : work());
    }
  });
  const message = request.dryRun
    ? `Dry run: nothing was touched on ${plan.target}.`
    : `${prepared.image.name} is written to ${plan.target}, and was read back.`;
  const hint = request.dryRun ? 'Run the same command without --dry-run to write.' : 'It can be removed now.';
  if (json) {
    const out = stamper((event) => terminal.out(`${JSON.stringify(event)}\n`), host.clock.now);
    out({ type: 'result', ok: true, exitCode: 0, message, hint });
  } else terminal.out(`${message}\n${hint}\n`);
  return 0;
};

/** As the terminal would do for Ctrl-C. */
const interrupt = () => void process.kill(process.pid, 'SIGINT');

/** Questions are loaded only where somebody answers them. */
const conversation = async (context: CommandContext, request: WriteRequest) =>
  (await import('./write-questions.ts')).askToWrite(context, request, () => probe(context, request));

async function prepare(context: CommandContext, request: WriteRequest, say: (line: string) => void) {
  const { host, signal } = context;
  if (request.device === undefined)
    throw usage('device-missing', 'No disk was named', {
      hint: 'Name it: `opsctl image write IMAGE DEVICE`. `sudo opsctl disks` lists the disks.',
    });
  const { facts, cards } = await probe(context, request);
  const target = imageDisk(facts, request, { force: request.force, cards });
  return prepareWrite(host, request, target, { say, signal });
}

/** A loop device counts as a disk for whoever names one. */
async function probe(
  { host }: CommandContext,
  { device = '' }: WriteRequest,
): Promise<{ facts: MachineFacts; cards: string[] }> {
  const facts = await probeMachine(host, { loops: /^\/dev\/loop\d+$/.test(device) });
  return { facts, cards: await cardsOf(host, facts) };
}

function requireRoot({ host }: CommandContext): void {
  if (host.system.uid === 0) return;
  throw refused('not-root', 'Only root can write to disks', {
    hint: 'Run it with sudo: `sudo opsctl image write`. Nothing was touched.',
  });
}

const consentMissing = ({ disk }: PreparedWrite): OpsError =>
  refused('consent-missing', 'Cannot ask for consent: stdin is not a terminal, or --json was given', {
    hint: `To write without questions, run \`opsctl image write IMAGE ${disk.path} --silent\` with the other options. Nothing was touched.`,
  });

function requestOf([image, device]: Parameters<CommandAction>[1], options: OptionValues): WriteRequest {
  const { sha256, bmap } = options;
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(String(sha256)))
    throw usage('sha256-invalid', '--sha256: expected 64 hexadecimal digits', {
      hint: '`sha256sum IMAGE` prints them.',
    });
  return {
    image: String(image),
    ...(typeof device === 'string' ? { device } : {}),
    ...(typeof bmap === 'string' || bmap === false ? { bmap } : {}),
    ...(sha256 === undefined ? {} : { sha256: String(sha256).toLowerCase() }),
    force: options.force === true,
    insecure: options.insecure === true,
    silent: options.silent === true,
    dryRun: options.dryRun === true,
  };
}
