import { extend, type Span } from './lanes.ts';
import type { Recording, SampledWait, ToldWait } from './recording.ts';

/** One thing that the autopilot waited for, for one time, with its reason. */
export interface WaitSpan {
  readonly kind: string;
  readonly subject: string | null;
  readonly fromMs: number;
  readonly toMs: number;
  /** In the autopilot's own words; `null`: it was over before it was asked. */
  readonly text: string | null;
}

const keyOf = ({ kind, subject }: SampledWait): string => JSON.stringify([kind, subject]);

/** Every published wait as spans of time, the earliest first. */
export function waitsOf(recording: Pick<Recording, 'samples' | 'told' | 'endMs'>): readonly WaitSpan[] {
  const { samples, endMs } = recording;
  const known = new Map<string, { readonly wait: SampledWait; readonly spans: Span<string>[] }>();
  for (const [index, { atMs, waits }] of samples.entries()) {
    const toMs = samples[index + 1]?.atMs ?? endMs;
    for (const wait of waits) {
      const key = keyOf(wait);
      const entry = known.get(key) ?? { wait, spans: [] };
      known.set(key, entry);
      extend(entry.spans, key, atMs, toMs);
    }
  }
  return [...known.values()]
    .flatMap(({ wait, spans }) => spans.map((span) => waitSpanOf(recording, wait, span)))
    .sort((a, b) => a.fromMs - b.fromMs);
}

function waitSpanOf({ told }: Pick<Recording, 'told'>, wait: SampledWait, span: Span<string>): WaitSpan {
  const { fromMs, toMs } = span;
  const words = told
    .filter(({ kind }) => kind === wait.kind)
    .sort((a, b) => distanceOf(a.atMs, span) - distanceOf(b.atMs, span));
  const own = words.find(({ text }) => isAbout(text, wait.subject))?.text;
  const text = own ?? wordsOfAnother(words, wait.subject);
  return { kind: wait.kind, subject: wait.subject, fromMs, toMs, text };
}

/** A list of instances is told in the words as a list too. */
const isAbout = (text: string, subject: string | null): boolean =>
  subject === null || subject.split(',').every((name) => text.includes(name));

/** The same kind is told in the same words: those about one other instance serve for this one. */
function wordsOfAnother(words: readonly ToldWait[], subject: string | null): string | null {
  if (subject === null || !subject.startsWith('i-')) return null;
  for (const { text } of words) {
    const ids = new Set(text.match(/\bi-[0-9a-f]+\b/g));
    const [id] = ids;
    if (ids.size === 1 && id !== undefined && !/\bmember \d+\b(?! on )/.test(text))
      return text
        .replaceAll(/\bmember \d+ on /g, 'the member on ')
        .replaceAll(id, subject.split(',').join(', '));
  }
  return null;
}

const distanceOf = (atMs: number, { fromMs, toMs }: Span<string>): number =>
  Math.max(fromMs - atMs, atMs - toMs, 0);
