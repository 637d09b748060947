import { describe, expect, test } from 'vitest';
import { createCall, readAllPages } from '../../functions/adapters/aws-client.ts';
import { expectFailure } from './aws-failures.ts';

const CALL = 'ssm:GetParametersByPath';

const stalled = ({ abortSignal }: { abortSignal: AbortSignal }): Promise<never> =>
  new Promise((_, reject) => {
    abortSignal.addEventListener('abort', () => reject(abortSignal.reason));
  });

test('a call that is never answered ends at its deadline, as unknown', async () => {
  await expectFailure(createCall(undefined, 5)(CALL, stalled), 'AWS_UNAVAILABLE', 'nextLook');
});

test('a call is counted as it starts, also when it fails', async () => {
  const calls: string[] = [];
  const call = createCall((name) => calls.push(name), 5);
  await call(CALL, async () => 'answer');
  await expect(call(CALL, stalled)).rejects.toThrow();
  expect(calls).toEqual([CALL, CALL]);
});

describe('pages', () => {
  test('are read until there is no token, and an empty token is none', async () => {
    const pages = new Map([
      [undefined, { items: [1, 2], nextToken: 'a' }],
      ['a', { items: [], nextToken: 'b' }],
      ['b', { items: [3], nextToken: '' }],
    ]);
    const readPage = async (token: string | undefined) =>
      pages.get(token) ?? { items: [], nextToken: 'lost' };
    expect(await readAllPages(CALL, readPage)).toEqual([1, 2, 3]);
  });

  test('that begin again are no answer', async () => {
    await expectFailure(
      readAllPages(CALL, async () => ({ items: [1], nextToken: 'same' })),
      'AWS_UNAVAILABLE',
      'nextLook',
    );
  });

  test('that never end are no answer', async () => {
    let count = 0;
    const readPage = async () => {
      count += 1;
      return { items: [count], nextToken: String(count) };
    };
    await expectFailure(readAllPages(CALL, readPage), 'AWS_UNAVAILABLE', 'nextLook');
    expect(count).toBeLessThan(300);
  });
});
