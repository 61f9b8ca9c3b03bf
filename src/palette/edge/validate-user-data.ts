/** Checks user-data of an edge host: all faults at once, each with its place. Pure. */
import { LineCounter } from 'yaml';
import type { Diagnostic } from '../../config/diagnostics.ts';
import { decodeUtf8 } from '../../config/yaml/source-text.ts';
import { pathText } from '../../kubernetes/schema/check-schema.ts';
import { offsetAt } from '../../kubernetes/schema/located.ts';
import { readYaml } from '../yaml/read-yaml.ts';
import { certificateRules } from './rules/certificates.ts';
import { keyRules } from './rules/keys.ts';
import { modeOf, modeRules } from './rules/modes.ts';
import { networkRules } from './rules/network.ts';
import { placeholderRules } from './rules/placeholders.ts';
import { registryRules } from './rules/registries.ts';
import { secretRules } from './rules/secrets.ts';
import { siteNameRules } from './rules/site-names.ts';
import { stageRules } from './rules/stages.ts';
import {
  type EdgeMode,
  type Severity,
  type Spot,
  UserData,
  type UserDataRule,
  type UserDataUse,
} from './user-data-view.ts';

const rules: readonly UserDataRule[] = [
  ...[keyRules, modeRules, networkRules, siteNameRules, registryRules, certificateRules],
  ...[stageRules, placeholderRules, secretRules],
];

/** Faults of one file that are listed. */
const reportLimit = 200;
/** Bytes; certificates and scripts are what is long in it. */
const textLimit = 2 * 2 ** 20;

export interface UserDataCheck {
  /** What the host would be; undefined where the file cannot be read. */
  readonly mode: EdgeMode | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** What is wrong with user-data; `file` is what diagnostics call it. Never throws for what it holds. */
export function validateUserData(bytes: Uint8Array, file: string, use: UserDataUse = {}): UserDataCheck {
  const refused = (message: string): UserDataCheck => ({
    mode: undefined,
    diagnostics: [{ severity: 'error', place: { file }, message }],
  });
  if (bytes.length > textLimit)
    return refused(`is ${bytes.length} bytes long; expected at most ${textLimit}; shorten it`);
  const text = decodeUtf8(bytes) === undefined ? undefined : Buffer.from(bytes).toString('utf8');
  if (text === undefined) return refused('expected UTF-8 text');
  const findings = new Findings(text, file);
  checkHeader(text, findings);
  const { root, faults } = readYaml(text);
  for (const { severity, offset, message } of faults) findings.tell(severity, offset, message);
  if (root === undefined) return { mode: undefined, diagnostics: findings.listed() };
  const data = new UserData(text, root, use);
  for (const rule of rules)
    rule(data, (severity, spot, message) => {
      if (typeof spot === 'number') findings.tell(severity, spot, message);
      else findings.tell(severity, offsetAt(root, spot), message, spot);
    });
  return { mode: modeOf(data), diagnostics: findings.listed() };
}

/** cloud-init and Kairos know the file by its first line. */
function checkHeader(text: string, findings: Findings): void {
  const [first = ''] = text.split('\n', 1);
  if (first.trimEnd() === '#cloud-config') return;
  const later = /^[ \t]*#[ \t]*cloud-config[ \t]*\r?$/im.exec(text);
  const message =
    text.charCodeAt(0) === 0xfeff
      ? 'begins with a byte order mark, so its first line is not #cloud-config; remove it'
      : later === null
        ? 'must be #cloud-config, in the first line; without it the file is passed over'
        : 'must be the first line, and read #cloud-config; otherwise the file is passed over';
  findings.tell('error', text.charCodeAt(0) === 0xfeff ? 0 : (later?.index ?? 0), message);
}

class Findings {
  readonly #file: string;
  readonly #lines = new LineCounter();
  readonly #told = new Set<string>();
  readonly #found: Diagnostic[] = [];

  constructor(text: string, file: string) {
    this.#file = file;
    this.#lines.addNewLine(0);
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1))
      this.#lines.addNewLine(end + 1);
  }

  tell(severity: Severity, offset: number, message: string, spot?: Spot): void {
    const key = spot === undefined || typeof spot === 'number' ? undefined : pathText(spot) || undefined;
    // What an alias repeats is one fault.
    const id = `${offset} ${key} ${message}`;
    if (this.#told.has(id)) return;
    this.#told.add(id);
    const { line, col } = this.#lines.linePos(offset);
    const place = { file: this.#file, line, column: col };
    this.#found.push({ severity, place, message, ...(key === undefined ? {} : { key }) });
  }

  /** In the order of the text, and no more than anybody reads. */
  listed(): readonly Diagnostic[] {
    const sorted = this.#found.toSorted(
      (a, b) => (a.place.line ?? 0) - (b.place.line ?? 0) || (a.place.column ?? 0) - (b.place.column ?? 0),
    );
    const beyond = sorted.slice(reportLimit);
    if (beyond.length === 0) return sorted;
    const errors = beyond.filter(({ severity }) => severity === 'error').length;
    const rest: Diagnostic = {
      severity: errors > 0 ? 'error' : 'warning',
      place: { file: this.#file },
      message: `${beyond.length} more faults, ${errors} of them errors`,
    };
    return [...sorted.slice(0, reportLimit), rest];
  }
}
