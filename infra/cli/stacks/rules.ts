import type { ScalarTag, Tags } from 'yaml';
import { isRecord } from '../../../functions/core/json.ts';

/** A rule of a template: what must hold of its parameters together. */
export interface Rule {
  /** `null`: always. */
  readonly condition: unknown;
  readonly assertions: readonly { readonly assert: unknown; readonly words: string }[];
}

/** CloudFormation's short forms in YAML, read as the long ones that they stand for. */
export const SHORT_FORMS: Tags = [
  ...shortForm('Ref', 'Ref'),
  ...shortForm('Condition', 'Condition'),
  ...['And', 'Contains', 'Equals', 'Not', 'Or'].flatMap((name) => shortForm(name, `Fn::${name}`)),
];

function shortForm(name: string, key: string): Tags {
  const scalar: ScalarTag = { tag: `!${name}`, resolve: (text) => ({ [key]: text }) };
  return [
    scalar,
    {
      tag: `!${name}`,
      collection: 'seq',
      resolve: (items) => ({ [key]: 'toJSON' in items && items.toJSON() }),
    },
  ];
}

/** The rules of a template that was read with {@link SHORT_FORMS}. */
export function rulesOf(value: unknown): readonly Rule[] {
  if (!isRecord(value)) return [];
  return Object.values(value)
    .filter(isRecord)
    .map((rule) => ({
      condition: rule['RuleCondition'] ?? null,
      assertions: (Array.isArray(rule['Assertions']) ? rule['Assertions'] : [])
        .filter(isRecord)
        .map((one) => ({
          assert: one['Assert'],
          words: String(one['AssertDescription'] ?? 'a rule of the template does not hold'),
        })),
    }));
}

/** The words of every assertion that does not hold. What cannot be judged here is left to CloudFormation. */
export const brokenRules = (rules: readonly Rule[], values: ReadonlyMap<string, string>): readonly string[] =>
  rules
    .filter(({ condition }) => condition === null || judge(condition, values) === true)
    .flatMap(({ assertions }) => assertions)
    .filter(({ assert }) => judge(assert, values) === false)
    .map(({ words }) => words);

type Verdict = string | boolean | null;

/** `null`: unknown. */
function judge(node: unknown, values: ReadonlyMap<string, string>): Verdict {
  if (typeof node === 'string' || typeof node === 'number' || typeof node === 'boolean') return String(node);
  if (!isRecord(node)) return null;
  const [entry] = Object.entries(node);
  if (entry === undefined) return null;
  const [key, value] = entry;
  if (key === 'Ref') return values.get(String(value)) ?? null;
  const parts = Array.isArray(value) ? value.map((one) => judge(one, values)) : [];
  return combine(key, parts);
}

function combine(key: string, parts: readonly Verdict[]): Verdict {
  const [first = null, second = null] = parts;
  if (key === 'Fn::Not') return typeof first === 'boolean' ? !first : null;
  if (key === 'Fn::Equals') return first === null || second === null ? null : first === second;
  // One that decides is enough, whatever the unknown ones are.
  if (key === 'Fn::And') return parts.includes(false) ? false : parts.every((one) => one === true) || null;
  if (key === 'Fn::Or')
    return parts.includes(true) ? true : parts.every((one) => one === false) ? false : null;
  return null;
}
