/** What is wrong with Terraform for Palette, whoever wrote it: all faults at once, each with its place. Pure. */
import { didYouMean } from '../../config/nearest.ts';
import { decodeUtf8 } from '../../config/yaml/source-text.ts';
import { genericPack } from '../pack/rules/byoi.ts';
import { edgePack } from '../pack/schema/edge-pack.ts';
import { Findings, type ProfileFinding, SourceText } from '../profile/findings.ts';
import { profileTypes } from '../profile/model.ts';
import { type HclAttribute, type HclBlock, readHcl } from './read-hcl.ts';

type Report = (severity: 'error' | 'warning', offset: number, message: string) => void;

export function validateTerraform(bytes: Uint8Array, file: string): readonly ProfileFinding[] {
  const findings = new Findings();
  if (decodeUtf8(bytes) === undefined)
    findings.add({ severity: 'error', place: { file }, message: 'expected UTF-8 text' });
  else {
    const source = new SourceText(file, Buffer.from(bytes).toString('utf8'));
    const report: Report = (severity, offset, message) =>
      findings.tell(severity, { source, offset }, message);
    const { blocks, faults } = readHcl(source.text);
    for (const { offset, message } of faults) report('error', offset, message);
    checkBlocks(blocks, report);
  }
  return findings.listed(file);
}

function checkBlocks(blocks: readonly HclBlock[], report: Report): void {
  const seen = new Set<string>();
  for (const block of blocks) {
    const { type, labels, offset } = block;
    if (type !== 'data' && type !== 'resource') continue;
    const id = JSON.stringify([type, ...labels]);
    if (seen.has(id))
      report('error', offset, `${labels.join('.')} stands in the file already; a name must be unique`);
    seen.add(id);
    const check = Object.hasOwn(checks, labels[0] ?? '') ? checks[labels[0] ?? ''] : undefined;
    check?.(block, report);
  }
}

const checks: Readonly<Record<string, (block: HclBlock, report: Report) => void>> = {
  spectrocloud_pack_simple: checkSimple,
  spectrocloud_pack: checkPack,
  spectrocloud_registry: ({ attributes }, report) =>
    checkWord(attributes.get('type'), ['oci', 'helm', 'spectro'], 'a type of registries', report),
  spectrocloud_cluster_profile: checkProfile,
};

const simpleTypes = ['helm', 'manifest', 'container', 'operator-instance'];
/** Packs of operating systems, by the names of the documentation. */
const isSystem = (name: string): boolean => [edgePack, genericPack].includes(name);

function checkSimple({ attributes, labels, offset }: HclBlock, report: Report): void {
  const name = attributes.get('name')?.text ?? '';
  checkWord(attributes.get('type'), simpleTypes, 'a type of spectrocloud_pack_simple', report);
  if (isSystem(name))
    report(
      'error',
      offset,
      `looks up ${name}, the pack of an OS, among helm charts and manifests, where it is not; write data "spectrocloud_pack" "${labels[1] ?? 'os'}", without type`,
    );
}

function checkPack({ attributes }: HclBlock, report: Report): void {
  const type = attributes.get('type');
  const name = attributes.get('name')?.text ?? '';
  if (type?.text !== undefined && isSystem(name))
    report('warning', type.offset, `looks up ${name} as ${type.text}, which it is not; leave type out`);
}

function checkProfile({ attributes, blocks }: HclBlock, report: Report): void {
  checkWord(attributes.get('type'), [...profileTypes, 'system'], 'a type of profiles', report);
  const seen = new Set<string>();
  for (const { type, attributes: pack, offset } of blocks) {
    if (type !== 'pack') continue;
    const name = pack.get('name')?.text;
    if (!pack.has('name')) report('error', offset, 'is a pack without a name');
    if (name !== undefined && seen.has(name))
      report(
        'error',
        pack.get('name')?.valueOffset ?? offset,
        `${name} is in the profile already; a name must be unique`,
      );
    if (name !== undefined) seen.add(name);
  }
}

function checkWord(
  attribute: HclAttribute | undefined,
  words: readonly string[],
  what: string,
  report: Report,
): void {
  const text = attribute?.text;
  if (attribute === undefined || text === undefined || text === '' || words.includes(text)) return;
  report(
    'error',
    attribute.valueOffset,
    `"${text.slice(0, 64)}" is not ${what} (${words.join(', ')})${didYouMean(text, words)}`,
  );
}
