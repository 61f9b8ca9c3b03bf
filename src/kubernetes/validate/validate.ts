/**
 * Checks manifests for Plans of the system-upgrade-controller, whoever wrote them: every document of a text, all faults at
 * once, each with its place. Other kinds are passed over. Pure.
 */
import { type Document, LineCounter } from 'yaml';
import type { Diagnostic, Place } from '../../config/diagnostics.ts';
import { documentsWithinBudget, manifestBudget, OverBudget } from '../../config/yaml/budgeted-document.ts';
import { decodeUtf8, placeIn } from '../../config/yaml/source-text.ts';
import { syntaxMessage } from '../../config/yaml/syntax-faults.ts';
import { pathText, schemaFaults } from '../schema/check-schema.ts';
import { type Located, locate, offsetAt } from '../schema/located.ts';
import { controllerVersion, planGroup, planKind, planSchema, planVersion } from '../schema/plan-schema.ts';
import { PlanView, type Report, type Rule } from './plan-view.ts';
import { drainRules } from './rules/drain.ts';
import { metadataRules } from './rules/metadata.ts';
import { mountRules } from './rules/mounts.ts';
import { nodeRules } from './rules/nodes.ts';
import { podRules } from './rules/pod.ts';
import { timeRules } from './rules/times.ts';
import { versionRules } from './rules/version.ts';

const rules: readonly Rule[] = [
  metadataRules,
  versionRules,
  nodeRules,
  drainRules,
  timeRules,
  mountRules,
  podRules,
];

/** Bytes of one file; a thousand Plans have fewer. */
export const manifestSizeLimit = 2 * 1024 * 1024;

/** Faults of one file that are listed. */
const reportLimit = 200;

export interface Validation {
  /** How many Plans there are. */
  readonly plans: number;
  readonly diagnostics: readonly Diagnostic[];
}

/** What is wrong with the Plans in a text, and with its YAML. Never throws for what the text holds. */
export function validatePlans(data: Uint8Array, file: string): Validation {
  const unusable = (message: string, place: Place = { file }): Validation => ({
    plans: 0,
    diagnostics: [{ severity: 'error', place, message }],
  });
  if (data.length > manifestSizeLimit)
    return unusable(
      `is ${data.length} bytes long; expected manifests of at most ${manifestSizeLimit}; split it`,
    );
  const text = decodeUtf8(data);
  if (text === undefined) return unusable('expected UTF-8 text');
  const lineCounter = new LineCounter();
  const placeOf = (offset: number): Place => {
    const { line, col } = lineCounter.linePos(offset);
    return { file, line, column: col };
  };
  try {
    const documents = documentsWithinBudget(text, lineCounter, manifestBudget);
    const reader = new Reader(placeOf);
    for (const document of documents) reader.read(document);
    return { plans: reader.plans, diagnostics: listed(reader.diagnostics, file) };
  } catch (error) {
    if (!(error instanceof OverBudget)) throw error;
    return unusable(error.message, placeIn(text, error.offset, file));
  }
}

class Reader {
  readonly diagnostics: Diagnostic[] = [];
  plans = 0;
  readonly #placeOf: (offset: number) => Place;
  /** Where each Plan of this file is, by namespace and name. */
  readonly #seen = new Map<string, number>();
  readonly #told = new Set<string>();

  constructor(placeOf: (offset: number) => Place) {
    this.#placeOf = placeOf;
  }

  read(document: Document): void {
    // What is wrong with the YAML: the rest of such a document is guesswork.
    const [first] = document.errors;
    if (first !== undefined) {
      this.#tell('error', first.pos[0], syntaxMessage(first));
      return;
    }
    const faults: { readonly offset: number; readonly message: string }[] = [];
    const root = locate(document, (offset, message) => faults.push({ offset, message }));
    const before = this.plans;
    this.#readObject(root);
    // Of documents without a Plan nothing is asked.
    if (this.plans > before) for (const { offset, message } of faults) this.#tell('error', offset, message);
  }

  #readObject(root: Located): void {
    const view = new PlanView(root);
    const apiVersion = view.text('apiVersion');
    const kind = view.text('kind');
    if (kind?.endsWith('List') && view.has('items')) {
      const items = root.kind === 'map' ? root.entries.get('items')?.value : undefined;
      if (items?.kind === 'list') for (const item of items.items) this.#readObject(item);
      return;
    }
    const isOfGroup = apiVersion?.startsWith(`${planGroup}/`) === true;
    if (kind === planKind && apiVersion === planVersion) this.#readPlan(view);
    else if (isOfGroup && (kind !== planKind || apiVersion !== planVersion))
      this.#report(view)(
        'error',
        [kind === planKind ? 'apiVersion' : 'kind'],
        `expected ${kind === planKind ? planVersion : planKind}, the only one of ${planGroup}`,
      );
    else if (kind === planKind && apiVersion === undefined)
      this.#report(view)('error', ['apiVersion'], `is missing; write ${planVersion}`);
  }

  #readPlan(view: PlanView): void {
    this.plans += 1;
    const where = `a Plan (system-upgrade-controller ${controllerVersion})`;
    for (const { path, message, offset } of schemaFaults(view.root, planSchema, where))
      this.#tell('error', offset ?? offsetAt(view.root, path), message, pathText(path));
    const report = this.#report(view);
    for (const rule of rules) rule(view, report);
    this.#noteName(view, report);
  }

  #noteName(view: PlanView, report: Report): void {
    const name = view.text('metadata', 'name');
    if (name === undefined) return;
    const full = `${view.text('metadata', 'namespace') ?? ''}/${name}`;
    const earlier = this.#seen.get(full);
    if (earlier !== undefined)
      report(
        'error',
        ['metadata', 'name'],
        `is that of the Plan in line ${this.#placeOf(earlier).line}, which this one would replace`,
      );
    else this.#seen.set(full, offsetAt(view.root, ['metadata', 'name']));
  }

  #report(view: PlanView): Report {
    return (severity, path, message) =>
      this.#tell(severity, offsetAt(view.root, path), message, pathText(path));
  }

  #tell(severity: Diagnostic['severity'], offset: number, message: string, key?: string): void {
    // What an alias repeats is one fault.
    const id = `${offset} ${message}`;
    if (this.#told.has(id)) return;
    this.#told.add(id);
    this.diagnostics.push({
      ...{ severity, place: this.#placeOf(offset), message },
      ...(key === undefined || key === '' ? {} : { key }),
    });
  }
}

/** By place, and no more than anybody reads. */
function listed(diagnostics: readonly Diagnostic[], file: string): readonly Diagnostic[] {
  const sorted = diagnostics.toSorted(
    ({ place: a }, { place: b }) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  );
  const beyond = sorted.slice(reportLimit);
  const errors = beyond.filter(({ severity }) => severity === 'error').length;
  if (beyond.length === 0) return sorted;
  const rest = `${beyond.length} more faults, ${errors} of them errors`;
  return [
    ...sorted.slice(0, reportLimit),
    { severity: errors > 0 ? 'error' : 'warning', place: { file }, message: rest },
  ];
}
