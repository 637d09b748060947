import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SHORTFALL_ADVICE, shortfall } from '../../../functions/core/shortfalls.ts';
import type { StatusAnswer } from '../../../functions/membership/answer.ts';
import { Failure } from '../../../infra/cli/failure.ts';
import { type Waiting, waitAtGate } from '../../../infra/cli/gate.ts';
import { whole } from './answers.ts';
import { type FakeLambda, startFakeLambda } from './fake-lambda.ts';
import { isOneLine, run } from './run.ts';

const missing = (code: 'voterSilent' | 'unstable', subject: string): StatusAnswer => ({
  ...whole,
  tolerates: {
    holds: false,
    since: null,
    shortfalls: [{ ...shortfall(code, subject), advice: SHORTFALL_ADVICE[code] }],
  },
});
const weak = missing('voterSilent', 'i-00000000000000003');

/** Looks that are had one after the other, the last one again and again. */
function waiting(looks: readonly (StatusAnswer | Error)[], changes: Partial<Waiting> = {}) {
  const lines: string[] = [];
  let now = 0;
  let at = 0;
  const own: Waiting = {
    look: async () => {
      const seen = looks[Math.min(at, looks.length - 1)] ?? whole;
      at += 1;
      if (seen instanceof Error) throw seen;
      return seen;
    },
    voters: null,
    timeoutMs: 60_000,
    nowMs: () => now,
    sleep: async (ms) => {
      now += ms;
    },
    tell: (line) => lines.push(line),
    ...changes,
  };
  return { own, lines, looked: () => at };
}

describe('waiting at a gate', () => {
  test('ends with the first look at a cluster that tolerates one more failure', async () => {
    const { own, lines, looked } = waiting([whole]);
    expect(await waitAtGate(own)).toEqual({ ...whole.tolerates, waitedSeconds: 0 });
    expect(lines).toEqual([]);
    expect(looked()).toBe(1);
  });

  test('tells what is missing, once, and goes on until it is there', async () => {
    const { own, lines } = waiting([weak, weak, missing('unstable', '4 of 10'), whole]);
    expect(await waitAtGate(own)).toMatchObject({ holds: true, waitedSeconds: 9 });
    expect(lines).toEqual([
      'waiting: voter i-00000000000000003 does not answer',
      'waiting: it has been whole for 4 of 10 seconds',
    ]);
  });

  test('ends when its time is over, with what is still missing', async () => {
    const { own } = waiting([weak]);
    const outcome = await waitAtGate(own);
    expect(outcome).toMatchObject({ holds: false, shortfalls: [{ code: 'voterSilent' }] });
    expect(outcome.waitedSeconds).toBeLessThanOrEqual(60);
    expect(outcome.waitedSeconds).toBeGreaterThan(55);
  });

  test('waits for as many voters as it is told to', async () => {
    const { own } = waiting([whole], { voters: 5, timeoutMs: 0 });
    expect(await waitAtGate(own)).toMatchObject({
      holds: false,
      shortfalls: [{ code: 'tooFewVoters', text: '3 of 5 voters answer' }],
    });
    expect(await waitAtGate(waiting([whole], { voters: 3 }).own)).toMatchObject({ holds: true });
  });

  test('does not mind a look that fails later, and is no answer when the last one fails', async () => {
    const lost = new Failure('could not be reached');
    const { own, lines } = waiting([weak, lost, whole]);
    expect(await waitAtGate(own)).toMatchObject({ holds: true });
    expect(lines).toContain('waiting: could not be reached');
    await expect(waitAtGate(waiting([weak, lost]).own)).rejects.toBe(lost);
    await expect(waitAtGate(waiting([lost, whole]).own)).rejects.toBe(lost);
  });

  test('says so where the function is of a version that does not tell', async () => {
    const { tolerates, ...old } = whole;
    expect(tolerates.holds).toBe(true);
    const look = async (): Promise<StatusAnswer> => JSON.parse(JSON.stringify(old));
    await expect(waitAtGate(waiting([], { look }).own)).rejects.toThrow('deploy this one');
  });
});

describe('the command', () => {
  let fake: FakeLambda | null = null;
  beforeEach(() => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await fake?.close();
  });

  async function gate(answer: unknown, ...args: readonly string[]) {
    fake = await startFakeLambda({ body: JSON.stringify(answer) });
    const env = { AWS_ENDPOINT_URL: fake.url, AWS_REGION: 'us-east-1' };
    return run(['gate', '--cluster', 'core', ...args], { env });
  }

  test('ends with 0 and the time since when it is calm', async () => {
    const { code, out, err } = await gate(whole);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toBe(`core: tolerates one more failure, calm since ${whole.tolerates.since}\n`);
  });

  test('ends with 1 and what is missing, for people and for scripts', async () => {
    const people = await gate(weak, '--timeout', '0');
    expect(people.code).toBe(1);
    expect(people.out).toContain(
      `voterSilent: voter i-00000000000000003 does not answer; ${SHORTFALL_ADVICE.voterSilent}`,
    );
    await fake?.close();
    const script = await gate(weak, '--timeout', '0', '--json');
    expect(script.code).toBe(1);
    expect(JSON.parse(script.out)).toMatchObject({
      cluster: 'core',
      holds: false,
      shortfalls: [{ code: 'voterSilent', subject: 'i-00000000000000003' }],
    });
  });

  test.each([
    [['--timeout', '-1'], '--timeout must be a whole number from 0 to 86400, got "-1"'],
    [['--timeout', 'soon'], '--timeout must be'],
    [['--voters', '0'], '--voters must be a whole number from 1 to 9, got "0"'],
    [['--cluster', 'Core'], 'is not a cluster name'],
  ])('refuses %j in one line, with 2', async (args, words) => {
    const { code, out, err } = await gate(whole, ...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(words);
    expect(isOneLine(err)).toBe(true);
  });
});
