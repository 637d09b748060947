import { parseDocument } from 'yaml';
import { isRecord } from '../../../functions/core/json.ts';
import { Failure } from '../failure.ts';
import { brokenRules, type Rule, rulesOf, SHORT_FORMS } from './rules.ts';

/** A template, and what can be set in it. */
export interface Template {
  readonly text: string;
  readonly declared: ReadonlyMap<string, Declared>;
  readonly rules: readonly Rule[];
}

/** A parameter as its template declares it. */
export interface Declared {
  readonly type: string;
  /** `null`: a value must be given. */
  readonly fallback: string | null;
  readonly allowedValues: readonly string[] | null;
  readonly allowedPattern: string | null;
  readonly constraint: string | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly maxLength: number | null;
}

/** What CloudFormation takes in one call; a longer template must come from a bucket. */
const TEMPLATE_BYTES_MAX = 51_200;
const VALUE_BYTES_MAX = 4_096;

/** @throws {Failure} it is no template, or longer than one call may carry */
export function readTemplate(text: string, path: string): Template {
  const bytes = Buffer.byteLength(text);
  if (bytes > TEMPLATE_BYTES_MAX) {
    throw new Failure(`${path} has ${bytes} bytes; CloudFormation takes at most ${TEMPLATE_BYTES_MAX}`);
  }
  const document = parseDocument(text, { logLevel: 'silent', customTags: SHORT_FORMS });
  const [mistake] = document.errors;
  if (mistake !== undefined) throw new Failure(`${path} cannot be read: ${mistake.message}`);
  const tree: unknown = document.toJS();
  if (!isRecord(tree) || !isRecord(tree['Resources'])) {
    throw new Failure(`${path} is no CloudFormation template: it has no Resources`);
  }
  const parameters = isRecord(tree['Parameters']) ? tree['Parameters'] : {};
  return {
    text,
    declared: new Map(Object.entries(parameters).map(([name, value]) => [name, declaredOf(value)])),
    rules: rulesOf(tree['Rules']),
  };
}

function declaredOf(value: unknown): Declared {
  const fields = isRecord(value) ? value : {};
  const allowed = fields['AllowedValues'];
  return {
    type: textOrNull(fields['Type']) ?? 'String',
    fallback: fields['Default'] === undefined ? null : String(fields['Default']),
    allowedValues: Array.isArray(allowed) ? allowed.map(String) : null,
    allowedPattern: textOrNull(fields['AllowedPattern']),
    constraint: textOrNull(fields['ConstraintDescription']),
    min: numberOrNull(fields['MinValue']),
    max: numberOrNull(fields['MaxValue']),
    maxLength: numberOrNull(fields['MaxLength']),
  };
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const numberOrNull = (value: unknown): number | null => (typeof value === 'number' ? value : null);

/**
 * Every mistake in the values that are given, and what is missing: nothing of it needs a call.
 * `kept` are parameters whose value of before stays.
 */
export function mistakesIn(
  { declared }: Template,
  given: ReadonlyMap<string, string>,
  kept: ReadonlySet<string> = new Set(),
): readonly string[] {
  const wrong = [...given].flatMap(([name, value]) => {
    const known = declared.get(name);
    if (known === undefined) return [`the template has no parameter ${name}${likeText(name, declared)}`];
    const problem = problemOf(known, value);
    return problem === null ? [] : [`${name}: ${problem}`];
  });
  const missing = [...declared]
    .filter(([name, { fallback }]) => fallback === null && !given.has(name) && !kept.has(name))
    .map(([name]) => `${name} is missing: give --parameter ${name}=VALUE`);
  return [...wrong, ...missing];
}

function likeText(name: string, declared: Template['declared']): string {
  const lower = name.toLowerCase();
  const like = [...declared.keys()].find((known) => known.toLowerCase() === lower);
  return like === undefined ? '' : `; it has ${like}`;
}

function problemOf(declared: Declared, value: string): string | null {
  if (Buffer.byteLength(value) > VALUE_BYTES_MAX)
    return `is longer than ${VALUE_BYTES_MAX} bytes, CloudFormation's limit`;
  const { type, allowedValues, allowedPattern, constraint, maxLength } = declared;
  if (maxLength !== null && value.length > maxLength)
    return `has ${value.length} characters, at most ${maxLength} fit`;
  if (allowedValues !== null && !allowedValues.includes(value)) {
    return `"${value}" is none of ${allowedValues.join(', ')}`;
  }
  if (type === 'Number') return numberProblem(declared, value);
  // CloudFormation holds the pattern against the whole value, and against each value of a list.
  const values = type === 'CommaDelimitedList' ? value.split(',') : [value];
  const bad = values.find(
    (one) => allowedPattern !== null && !new RegExp(`^(?:${allowedPattern})$`).test(one),
  );
  if (bad === undefined) return null;
  return `"${bad}" ${constraint ?? `does not match ${allowedPattern}`}`;
}

function numberProblem({ min, max }: Declared, value: string): string | null {
  if (!/^-?\d+(\.\d+)?$/.test(value)) return `"${value}" is not a number`;
  const number = Number(value);
  if (min !== null && number < min) return `${value} is less than ${min}`;
  return max !== null && number > max ? `${value} is more than ${max}` : null;
}

/** What does not go together in the values that the template would work with. */
export const ruleMistakes = (template: Template, given: ReadonlyMap<string, string>): readonly string[] =>
  brokenRules(template.rules, withDefaults(template, given));

/** What the template would work with: defaults where nothing is given. */
export const withDefaults = (
  { declared }: Template,
  given: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> =>
  new Map([
    ...[...declared].flatMap(([name, { fallback }]) =>
      fallback === null ? [] : [[name, fallback] as const],
    ),
    ...given,
  ]);

/** `Key=Value` as given on the command line, several times. @throws {Failure} without a key, or a key twice */
export function pairsOf(texts: readonly string[]): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  for (const text of texts) {
    const [, key, value] = /^([A-Za-z0-9]+)=(.*)$/s.exec(text) ?? [];
    if (key === undefined || value === undefined) {
      throw new Failure(`--parameter takes Key=Value, not "${text}"`);
    }
    if (pairs.has(key)) throw new Failure(`--parameter ${key} is given twice`);
    pairs.set(key, value);
  }
  return pairs;
}
