import { isRecord } from './json.ts';

/** Grows while settings are read, so that all mistakes are reported together and in order. */
export type Problems = string[];

const SHOWN_CHARS_MAX = 60;

/**
 * Readers of one object of settings; scalars may be text, as CloudFormation sends
 * them. A mistake is noted in `problems`, and a usable value returned all the same.
 */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #prefix: string;
  readonly #problems: Problems;
  readonly #asked = new Set<string>();

  constructor(values: Readonly<Record<string, unknown>>, prefix: string, problems: Problems) {
    this.#values = values;
    this.#prefix = prefix;
    this.#problems = problems;
  }

  wholeNumber(name: string, fallback: number, min: number, max: number): number {
    const value = this.#take(name);
    if (value === undefined) return fallback;
    const parsed = toWholeNumber(value);
    if (parsed !== null && parsed >= min && parsed <= max) return parsed;
    this.#refuse(name, `must be a whole number from ${min} to ${max}, got ${show(value)}`);
    return fallback;
  }

  /** `min` when absent, which is a mistake. */
  neededNumber(name: string, min: number, max: number): number {
    if (!Object.hasOwn(this.#values, name)) this.#refuse(name, 'is missing');
    return this.wholeNumber(name, min, min, max);
  }

  flag(name: string, fallback = false): boolean {
    const value = this.#take(name);
    if (value === undefined) return fallback;
    if (value === false || value === 'false') return false;
    if (value === true || value === 'true') return true;
    this.#refuse(name, `must be true or false, got ${show(value)}`);
    return fallback;
  }

  /** `null` when absent, or none of `words`. */
  oneOf<Word extends string>(name: string, words: readonly Word[]): Word | null {
    const value = this.#take(name);
    const found = words.find((word) => word === value) ?? null;
    const all = words.map((word) => `"${word}"`).join(' or ');
    if (value !== undefined && found === null) this.#refuse(name, `must be ${all}, got ${show(value)}`);
    return found;
  }

  /** Empty when absent, which is a mistake. What was given is not shown: it may be a secret in the wrong place. */
  text(name: string, judge: (text: string) => string | null): string {
    const value = this.#take(name);
    const text = typeof value === 'string' ? value : '';
    const objection = value === undefined ? 'is missing' : judge(text);
    if (objection !== null) this.#refuse(name, objection);
    return text;
  }

  /** `null` when absent. */
  maybeText(name: string, judge: (text: string) => string | null): string | null {
    return Object.hasOwn(this.#values, name) ? this.text(name, judge) : null;
  }

  /** `null` when absent. */
  maybe(name: string): Fields | null {
    return this.#take(name) === undefined ? null : this.nested(name);
  }

  /** Empty when absent. */
  nested(name: string): Fields {
    const value = this.#take(name);
    if (value !== undefined && !isRecord(value)) this.#refuse(name, `must be an object, got ${show(value)}`);
    return new Fields(isRecord(value) ? value : {}, `${this.#prefix}${name}.`, this.#problems);
  }

  /** Notes every name that was not asked for. */
  refuseOthers(): void {
    for (const name of Object.keys(this.#values).filter((key) => !this.#asked.has(key))) {
      this.#refuse(shorten(name), 'is not a known setting');
    }
  }

  #take(name: string): unknown {
    this.#asked.add(name);
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
  }

  #refuse(name: string, claim: string): void {
    this.#problems.push(`${this.#prefix}${name} ${claim}`);
  }
}

function toWholeNumber(value: unknown): number | null {
  if (typeof value === 'string') return /^\d{1,15}$/.test(value) ? Number(value) : null;
  return typeof value === 'number' && Number.isInteger(value) ? value : null;
}

const show = (value: unknown): string => shorten(JSON.stringify(value) ?? String(value));

/** One short line: a stray line break or a whole document must not fill a report. */
function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length <= SHOWN_CHARS_MAX ? line : `${line.slice(0, SHOWN_CHARS_MAX)}…`;
}
