import { describe, expect, test } from 'vitest';
import { OperationError } from '../../functions/core/errors.ts';
import { askBestVoter } from '../../functions/engine/best-voter.ts';
import { Session } from '../../functions/engine/session.ts';

const refused = (text: string) => new OperationError('ETCD_REFUSED', 'nextLook', text, { text });
const WITNESS = 'http://10.0.0.4:2379';
const OLD = 'http://10.0.0.1:2379';
const LEAVER = 'http://10.0.0.2:2379';

/** Who is asked, one change after the other, when each is answered so. */
async function asked(answers: readonly (Error | null)[], removed: string | null = '2') {
  const session = new Session();
  session.voters = new Map([
    [OLD, '1'],
    [LEAVER, '2'],
    [WITNESS, '4'],
  ]);
  const endpoints: string[] = [];
  const thrown: unknown[] = [];
  for (const answer of answers) {
    const ask = async (endpoint: string) => {
      endpoints.push(endpoint);
      if (answer !== null) throw answer;
    };
    await askBestVoter({ witness: WITNESS, session }, removed, ask).catch((error: unknown) =>
      thrown.push(error),
    );
  }
  return { endpoints, thrown };
}

describe('a change of members', () => {
  test('is asked of the witness as long as that takes it', async () => {
    expect(await asked([null, null])).toEqual({ endpoints: [WITNESS, WITNESS], thrown: [] });
  });

  test('is asked of another voter after the witness said that it knows too few, and the refusal is told', async () => {
    const poor = refused('unhealthy cluster');
    const { endpoints, thrown } = await asked([poor, null, null]);
    expect(endpoints).toEqual([WITNESS, OLD, OLD]);
    expect(thrown).toEqual([poor]);
  });

  test('is never asked of the member that it removes, and begins with the witness again when all refused', async () => {
    const poor = refused('unhealthy cluster');
    expect((await asked([poor, poor, poor, poor])).endpoints).toEqual([WITNESS, OLD, WITNESS, OLD]);
    expect((await asked([poor, poor, poor], null)).endpoints).toEqual([WITNESS, OLD, LEAVER]);
  });

  test.each([
    refused('re-configuration failed due to not enough started members'),
    new OperationError('ETCD_UNAVAILABLE', 'nextLook', 'no answer', { text: 'unhealthy cluster' }),
    new Error('a bug'),
  ])('is asked of the same voter again after any other answer: %s', async (answer) => {
    const { endpoints, thrown } = await asked([answer, null]);
    expect(endpoints).toEqual([WITNESS, WITNESS]);
    expect(thrown).toEqual([answer]);
  });
});
