import type { Context } from 'aws-lambda';
import { expect, test } from 'vitest';
import { verifyBody } from '../../functions/core/backup/messages.ts';
import { OperationError } from '../../functions/core/errors.ts';
import { createLogger } from '../../functions/edge/logger.ts';
import type { VerificationReport } from '../../functions/engine/verification/verify.ts';
import { type VerificationRoom, workOnBatch } from '../../functions/verification/room.ts';
import { metricsOf, tellReport } from '../../functions/verification/telling.ts';
import { sampleVerified } from '../core/backup/samples.ts';

const PLACE = { bucket: 'snapshots', key: sampleVerified().key };
const BODY = verifyBody('core', PLACE, 'nonce');
const CONTEXT: Partial<Context> = { awsRequestId: 'request-1', getRemainingTimeInMillis: () => 900_000 };

function bench(
  changes: { readonly readText?: () => Promise<string | null>; readonly dryRun?: boolean } = {},
) {
  const lines: Record<string, unknown>[] = [];
  const kept: string[] = [];
  const figures: string[] = [];
  const room: VerificationRoom = {
    ports: {
      clock: { nowMs: () => 0, sleep: async () => undefined },
      scratch: { open: async () => null },
      backup: { askForLook: async () => undefined },
      queue: {
        askForLook: async () => undefined,
        keepUnreadable: async (_group, body, reason) => void kept.push(`${reason}: ${body}`),
      },
      openBucket: () => ({
        readText: changes.readText ?? (async () => null),
        list: async () => [],
        writeText: async () => undefined,
        download: async () => null,
      }),
    },
    dryRun: changes.dryRun ?? false,
    logger: createLogger(
      'debug',
      () => 0,
      (line) => lines.push(Object(JSON.parse(line))),
    ),
    metrics: { emit: (cluster, values) => void figures.push(`${cluster} ${JSON.stringify(values)}`) },
    takeCalls: () => ({}),
  };
  const work = (body: unknown) => workOnBatch(room, [{ body }], Object(CONTEXT));
  return { work, lines, kept, figures };
}

test('a message that nobody can work with is kept with its reason, and done with', async () => {
  const { work, kept } = bench();
  for (const body of ['', '{', verifyBody('No Name', PLACE, 'n'), undefined])
    expect(await work(body)).toEqual({ batchItemFailures: [] });
  expect(kept).toHaveLength(4);
  expect(kept.join()).toContain('not a JSON object');
});

test('a bug is told and counted, and its message is done with', async () => {
  const { work, lines, figures } = bench({ readText: () => Promise.reject(new TypeError('ours')) });
  expect(await work(BODY)).toEqual({ batchItemFailures: [] });
  expect(lines).toMatchObject([{ event: 'room.failed', level: 'error', errorCode: 'UNEXPECTED' }]);
  expect(figures).toEqual(['core {"RoomFailed":1}']);
});

test('an autopilot that runs dry reads nothing', async () => {
  const { work, lines } = bench({ dryRun: true, readText: () => Promise.reject(new Error('it read')) });
  await work(BODY);
  expect(lines).toMatchObject([{ event: 'verification.finished', outcome: 'dryRun' }]);
});

test('what came of each message is one line, as loud as it matters', async () => {
  const { work, lines } = bench();
  await work(BODY);
  expect(lines).toMatchObject([
    { event: 'verification.finished', level: 'warn', because: 'noSnapshot', name: PLACE.key },
  ]);
  const reports: [string, VerificationReport, Readonly<Record<string, number>>][] = [
    [
      'info',
      { kind: 'verified', verified: sampleVerified() },
      { VerificationFailed: 0, SnapshotNotRestorable: 0, VerificationDurationMs: 7 },
    ],
    [
      'error',
      { kind: 'verified', verified: sampleVerified({ restorable: false, reason: 'no' }) },
      { VerificationFailed: 0, SnapshotNotRestorable: 1, VerificationDurationMs: 7 },
    ],
    ['warn', { kind: 'unverifiable' }, {}],
    [
      'error',
      { kind: 'failed', error: new OperationError('AWS_DENIED', 'never', 'no') },
      { VerificationFailed: 1 },
    ],
  ];
  for (const [level, report, values] of reports) {
    const told: string[] = [];
    const logger = createLogger(
      'debug',
      () => 0,
      (line) => told.push(line),
    );
    tellReport(logger, { requestId: 'r', cluster: 'core', name: PLACE.key }, report, 7, {});
    expect(Object(JSON.parse(told[0] ?? '')).level).toBe(level);
    expect(metricsOf(report, 7)).toEqual(values);
  }
});
