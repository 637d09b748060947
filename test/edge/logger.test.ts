import { describe, expect, test } from 'vitest';
import { InvariantError, OperationError } from '../../functions/core/errors.ts';
import { createLogger, errorFields } from '../../functions/edge/logger.ts';

const linesOf = (act: (logger: ReturnType<typeof createLogger>) => void, level: 'info' | 'warn' = 'info') => {
  const lines: string[] = [];
  act(
    createLogger(
      level,
      () => 0,
      (line) => lines.push(line),
    ),
  );
  return lines;
};

describe('a log line', () => {
  test('is one line of JSON with its level and time', () => {
    const lines = linesOf((logger) =>
      logger.info({ event: 'pass.finished', cluster: 'core', voterCount: 3 }),
    );
    expect(lines).toEqual([
      '{"level":"info","at":"1970-01-01T00:00:00.000Z","event":"pass.finished","cluster":"core","voterCount":3}\n',
    ]);
  });

  test('below the level is left out', () => {
    const lines = linesOf((logger) => {
      logger.info({ event: 'pass.finished' });
      logger.warn({ event: 'look.notAsked' });
      logger.error({ event: 'room.failed' });
    }, 'warn');
    expect(lines.map((line) => JSON.parse(line).level)).toEqual(['warn', 'error']);
  });

  test('holds no signed URL and no document, whatever text they slip into', () => {
    const errorText = `PUT https://bucket.s3/answer?X-Amz-Signature=secret&x=1 failed\n${'x'.repeat(9_000)}`;
    const [line = ''] = linesOf((logger) => logger.error({ event: 'room.failed', errorText }));
    expect(line).not.toContain('secret');
    expect(line).toContain('https://bucket.s3/answer?…');
    expect(line.length).toBeLessThan(1_200);
    expect(line.trimEnd()).not.toContain('\n');
  });
});

describe('a failure in a log line', () => {
  test('of the world has its code and when to try again', () => {
    expect(errorFields(new OperationError('AWS_DENIED', 'never', 'denied'))).toEqual({
      errorCode: 'AWS_DENIED',
      retry: 'never',
      errorText: 'denied',
    });
  });

  test('of ours says where it happened', () => {
    expect(errorFields(new InvariantError('false claim'))).toMatchObject({ errorCode: 'INVARIANT' });
    const fields = errorFields(new TypeError('oops'));
    expect(fields.errorCode).toBe('UNEXPECTED');
    expect(fields.errorText).toContain('logger.test.ts');
    expect(errorFields('text')).toEqual({ errorCode: 'UNEXPECTED', errorText: 'text' });
  });
});
