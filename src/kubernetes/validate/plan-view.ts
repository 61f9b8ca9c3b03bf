/** A Plan as its rules see it, and a place to report what is wrong. */
import type { Path } from '../schema/check-schema.ts';
import { LocatedView } from '../schema/located-view.ts';
import { type Operator, operators, type Requirement } from '../values/selector.ts';

export type Severity = 'error' | 'warning';

/** Reports what is wrong with the value at a path, or what is missing there. */
export type Report = (severity: Severity, path: Path, message: string) => void;

export type Rule = (plan: PlanView, report: Report) => void;

export class PlanView extends LocatedView {
  /** What a label selector requires; of what is faulty, as much as can be read. */
  requirements(...path: Path): readonly Requirement[] {
    const labels = this.names(...path, 'matchLabels').flatMap((key): Requirement[] => {
      const value = this.text(...path, 'matchLabels', key);
      return value === undefined ? [] : [{ key, operator: 'In', values: [value] }];
    });
    const expressions = this.items(...path, 'matchExpressions').flatMap((item): Requirement[] => {
      const key = this.text(...item, 'key');
      const operator = operators.find((name): name is Operator => name === this.text(...item, 'operator'));
      return key === undefined || operator === undefined
        ? []
        : [{ key, operator, values: this.texts(...item, 'values') }];
    });
    return [...labels, ...expressions];
  }
}
