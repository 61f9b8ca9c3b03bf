/** A person at a terminal writes an image: which disk, then what will be done and lost, and the word yes. */
import type { MachineFacts } from '../../../disk/facts.ts';
import { chooseImageDisk, imageDisksLeftOut } from '../../../disk/select/for-image.ts';
import { formatBytes } from '../../../formats/size.ts';
import type { LookedAt } from '../../../image/write/look.ts';
import type { WriteRequest } from '../../../image/write/request.ts';
import { imageDisk, imageDoubt, type PreparedWrite, prepareWrite } from '../../../image/write/write.ts';
import type { CommandContext } from '../../command.ts';
import { type Ask, askAtTerminal } from '../../terminal/ask.ts';
import { withWayBack } from '../../terminal/way-back.ts';
import { wrap } from '../../terminal/wrap.ts';
import { agreeTo } from '../install/questions/agree.ts';
import { askAmong } from '../install/questions/disk-prompt.ts';
import { consentTo } from '../install/questions/medium-consent.ts';
import { lostWords, rowLines } from '../install/summary.ts';

const widest = 80;
const declined = 'Not written: nothing was touched.';

/** The request as it was completed, and what was agreed to. Throws `declined` (refused), `left` (interrupted). */
export function askToWrite(
  context: CommandContext,
  asked: WriteRequest,
  probe: () => Promise<{ facts: MachineFacts; cards: string[] }>,
  ask: Ask = askAtTerminal(context.signal),
): Promise<{ request: WriteRequest; prepared: PreparedWrite }> {
  const { host, terminal, signal } = context;
  const again = `sudo opsctl image write IMAGE`;
  const say = (line: string) => terminal.err(`${line}\n`);
  return withWayBack(
    ask,
    terminal.err,
    async (talk) => {
      talk.tell('Looking at the disks.\n');
      const { facts, cards } = await talk.once(probe);
      const options = { force: asked.force, cards };
      const device = await askAmong(talk, {
        choice: chooseImageDisk(facts, asked.device, options),
        leftOut: asked.device === undefined ? imageDisksLeftOut(facts, options) : [],
        named: asked.device !== undefined,
        message: 'Write to which disk?',
      });
      const target = imageDisk(facts, device === undefined ? asked : { device }, options);
      const doubt = asked.insecure ? undefined : imageDoubt(asked);
      if (doubt !== undefined) await consentTo(context, doubt, { what: 'image', declined }, talk);
      const request = { ...asked, insecure: asked.insecure || doubt !== undefined };
      talk.tell('Looking at the image.\n');
      const prepared = await talk.once(() => prepareWrite(host, request, target, { say, signal }));
      const agreement = {
        summary: writeSummary(prepared, terminal.columns),
        action: `write to ${target.disk.path}`,
        plan: prepared.plan,
        declined,
      };
      await agreeTo(talk, agreement, terminal.columns);
      return { request, prepared };
    },
    again,
  );
}

/** What will be done and lost. Pure. */
export function writeSummary({ image, disk, doubts }: PreparedWrite, columns: number): string {
  const width = Math.min(columns, widest);
  const rows = rowLines(
    [
      ['Image', image.name],
      ['Holds', contentWords(image)],
      ['Checked by', checkWords(image)],
    ],
    width,
  );
  const told = doubts.flatMap((doubt) => [wrap(doubt, width), '']);
  return [lostWords(disk, width), '', 'This is what will be written:', '', ...rows, '', ...told].join('\n');
}

const tables = { gpt: 'a disk with a GPT', mbr: 'a disk with an MBR', none: 'no partition table' } as const;

function contentWords({ head, size, packing }: LookedAt): string {
  const what = head.iso ? 'an ISO image' : tables[head.table];
  const amount = size === null ? 'a size that only its end tells' : formatBytes(size);
  return `${what}, ${amount}${packing === 'none' ? '' : `, packed (${packing})`}`;
}

function checkWords({ sha256, bmap, packing }: LookedAt): string {
  const ways = [
    ...(sha256 === null ? [] : ['its SHA-256']),
    ...(bmap === undefined ? [] : [`the block map ${bmap.where}`]),
    ...(packing === 'none' ? [] : [`the checksums of ${packing}`]),
  ];
  return ways.length === 0 ? 'nothing: it has neither a SHA-256 nor a block map' : ways.join(', ');
}
