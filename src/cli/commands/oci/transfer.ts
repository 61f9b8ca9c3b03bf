/** Shows a transfer to or from a registry, and how it ended. */
import { runStep } from '../../../build/step.ts';
import type { Host } from '../../../host/ports.ts';
import { waitedFor } from '../../../operation/first-contact.ts';
import { withNetwork } from '../../../operation/network.ts';
import { stamper } from '../../../plan/stamper.ts';
import type { CommandContext, OptionValues } from '../../command.ts';
import { renderer, rendererKind } from '../../render/index.ts';
import { tellResult } from '../../terminal/list-lines.ts';

export interface Transferring {
  readonly onProgress: (done: number, total?: number) => void;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** With the authorities of --ca-file; somebody waits for it. */
export const networked = async ({ host }: CommandContext, { caFile }: OptionValues): Promise<Host> =>
  waitedFor(
    await withNetwork(host, { config: {}, caFile: caFile === undefined ? undefined : String(caFile) }),
  );

/** Shows a transfer as one step. */
export async function transfer<T>(
  { host, terminal, signal, verbose }: CommandContext,
  options: OptionValues,
  title: string,
  work: (options: Transferring) => Promise<T>,
): Promise<T> {
  const json = options.json === true;
  const view = renderer(rendererKind(terminal, host.system.env, { json, verbose }), terminal);
  const emit = stamper(view.emit, () => host.clock.now());
  const id = 'transfer';
  emit({ type: 'plan', operation: 'oci', steps: [{ id, kind: id, title, destructive: false }] });
  try {
    return await runStep({ host, emit: view.emit }, { name: id, title }, (progress) =>
      work({ onProgress: progress, say: (message) => emit({ type: 'note', id, message }), signal }),
    );
  } finally {
    await view.end();
  }
}

export function finish({ host, terminal }: CommandContext, options: OptionValues, message: string): void {
  if (options.json === true) {
    const emit = stamper(
      (event) => terminal.out(`${JSON.stringify(event)}\n`),
      () => host.clock.now(),
    );
    emit({ type: 'result', ok: true, exitCode: 0, message });
  } else tellResult(terminal, message);
}
