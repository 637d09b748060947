import { z } from 'zod';

const times = z.number().nullable();
const counts = z.record(z.string(), z.number());

const run = z.object({
  strengthMs: times,
  gapMs: times,
  floorStrengthMs: times,
  floorGapMs: times,
  platformMs: z.number(),
  oursMs: times,
  afterKnowableMs: times,
  quorumLostMs: z.number(),
  writableMs: times,
  floorWritableMs: times,
  lost: z.number(),
  writes: z.number(),
  error: z.string().nullable(),
});

const growthRow = z.object({
  members: z.number(),
  clusters: z.number(),
  awsCalls: z.number(),
  etcdCalls: z.number(),
  passMs: z.number(),
  foundingCalls: z.number(),
  foundingLooks: z.number(),
});

/** What `npm run bench` leaves behind, as far as the page tells it. Parts that were not measured are absent. */
const figures = z.object({
  format: z.literal(1),
  setting: z.object({
    at: z.string(),
    quick: z.boolean(),
    repetitions: z.number(),
    etcd: z.string(),
    machine: z.string(),
    node: z.string(),
    processors: z.number(),
    loadBefore: z.number(),
    platform: z.object({ bootMs: z.number(), terminationMs: z.number(), healthCheckMs: z.number() }),
  }),
  stories: z
    .array(z.object({ name: z.string(), about: z.string(), size: z.number(), runs: z.array(run) }))
    .default([]),
  calls: z
    .array(
      z.object({
        name: z.string(),
        passes: z.number(),
        looks: z.number(),
        total: z.number(),
        calls: counts,
      }),
    )
    .default([]),
  idlePass: z
    .array(
      z.object({
        members: z.number(),
        passes: z.number(),
        calls: counts,
        awsCalls: z.number(),
        medianMs: z.number(),
        worstMs: z.number(),
      }),
    )
    .default([]),
  functions: z
    .array(
      z.object({
        name: z.string(),
        archiveBytes: z.number(),
        bundleBytes: z.number(),
        loadMs: z.number(),
        peakMemoryMb: z.number(),
      }),
    )
    .default([]),
  growth: z
    .object({ members: z.array(growthRow), clusters: z.array(growthRow) })
    .default({ members: [], clusters: [] }),
  // What was never reached is infinite, and JSON has no word for that but null.
  targets: z
    .array(
      z.object({
        name: z.string(),
        promise: z.string(),
        limit: z.number(),
        got: times,
        unit: z.string(),
        isMet: z.boolean(),
      }),
    )
    .default([]),
});

export type Figures = z.infer<typeof figures>;
export type StoryFigures = Figures['stories'][number];
export type RunFigures = StoryFigures['runs'][number];

/** @throws {Error} in one line: the text is not what the benchmark writes. */
export function readFigures(text: string): Figures {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('it is no JSON');
  }
  const read = figures.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new Error(`it is no file of the benchmark: ${issue?.path.join('.')}: ${issue?.message}`);
}
