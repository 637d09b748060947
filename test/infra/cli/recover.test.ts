import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { AnsweredOption, RecoverAnswer } from '../../../functions/membership/answer-recovery.ts';
import { ACTIONS } from '../../support/samples.ts';
import { type FakeLambda, startFakeLambda } from './fake-lambda.ts';
import { isOneLine, run } from './run.ts';

const ID = 'i-0000000000000000a';
const OTHER = 'i-0000000000000000b';
const { record } = ACTIONS.startRecovery;
const AT = '2026-01-01T00:00:00.000Z';

const survivor = {
  ...record.source,
  losesAtLeast: '2',
  loss: 'at least 2 writes are lost',
} as AnsweredOption;
const snapshot: AnsweredOption = {
  how: 'from-snapshot',
  key: 'a/core/snapshots/b.db',
  at: AT,
  revision: '20',
  sha256: 'ab',
  sizeBytes: 9,
  restorable: false,
  losesAtLeast: '22',
  loss: 'at least 22 writes are lost',
};
const answer = (over: Partial<RecoverAnswer> = {}): RecoverAnswer => ({
  etcdAutopilot: 1,
  ok: true,
  request: 'recover',
  cluster: 'core',
  at: AT,
  quorum: 'permanent',
  voters: [
    { instanceId: ID, memberId: '11', fate: 'shown' },
    { instanceId: OTHER, memberId: '22', fate: 'terminated' },
  ],
  lastSeen: { revision: '42', at: AT },
  options: [survivor, snapshot],
  fenced: [ID],
  obstacles: [],
  confirm: '0123456789abcdef',
  taken: false,
  recovery: null,
  done: null,
  waits: [],
  ...over,
});

let lambda: FakeLambda | null = null;
beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await lambda?.close();
  lambda = null;
});

async function answering(given: unknown, args: readonly string[], answers?: readonly string[]) {
  lambda = await startFakeLambda({ body: JSON.stringify(given) });
  const env = { AWS_ENDPOINT_URL: lambda.url, AWS_REGION: 'eu-central-1' };
  return run(['recover', '--cluster', 'core', ...args], answers === undefined ? { env } : { env, answers });
}

const asked = () => (lambda?.asked ?? []).map(({ body }) => JSON.parse(body));

describe('etcd-autopilot recover', () => {
  test('shows the evidence, each choice with what it may lose, and who ends; changes nothing', async () => {
    const { out, code } = await answering(answer(), []);
    expect(out).toContain('core: its quorum is lost for ever');
    expect(out).toContain(`${OTHER}  lost: EC2 says that it is terminated`);
    expect(out).toContain('revision 42 at');
    expect(out).toContain(`1. ${ID} (survivor, revision 30): at least 2 writes are lost`);
    expect(out).toContain('never restored for proof): at least 22 writes are lost');
    expect(out).toContain('machines that end, whatever is chosen');
    expect(code).toBe(1);
    expect(asked()).toMatchObject([{ request: 'recover', cluster: 'core', forced: [] }]);
    expect(asked()[0]).not.toHaveProperty('choice');
  });

  test('of a cluster with its quorum there is nothing to recover, and all is fine', async () => {
    const { out, code } = await answering(answer({ quorum: 'has', obstacles: ['it has'] }), []);
    expect([out, code]).toEqual([expect.stringContaining('there is nothing to recover'), 0]);
    expect(out).not.toContain('machines that end');
  });

  test('a script gets the answer as it is', async () => {
    const { out, code } = await answering(answer(), ['--json']);
    expect(JSON.parse(out)).toEqual(answer());
    expect(code).toBe(1);
  });

  test('hands on what is chosen, with what was shown, and watches', async () => {
    const args = ['--choose', snapshot.key, '--yes', '--minutes', '0', '--force-lost', OTHER];
    const { out, err, code } = await answering(answer({ taken: true }), args);
    expect(asked()[1]).toMatchObject({
      choice: { how: 'from-snapshot', key: snapshot.key },
      confirm: '0123456789abcdef',
      forced: [OTHER],
      by: expect.stringMatching(/@/),
    });
    expect(out).toContain('chosen; it goes on by itself');
    expect(err).toContain('it is not over after 0 minutes');
    expect(code).toBe(1);
  });

  test('asks at a terminal which one, and once more for the name of the cluster', async () => {
    const { code } = await answering(answer({ taken: true }), ['--minutes', '0'], ['1', 'core']);
    expect(asked()[1]).toMatchObject({ choice: { how: 'from-survivor', instanceId: ID } });
    expect(code).toBe(1);
  });

  test.each([[['1', 'no']], [['']]])('does nothing after %j', async (answers) => {
    const { code } = await answering(answer(), [], answers);
    expect(asked()).toHaveLength(1);
    expect(code).toBe(1);
  });

  test('says why a choice is refused', async () => {
    const waits = [{ kind: 'choiceRefused', text: 'another operator was first' } as const];
    const { err, code } = await answering(answer({ waits }), ['--choose', '1', '--yes']);
    expect(err).toContain('nothing was changed: another operator was first');
    expect(code).toBe(1);
  });

  test('chooses nothing while something stands against it', async () => {
    const obstacles = [`a quorum may come back, for ${ID} is not lost by evidence`];
    const { out, err, code } = await answering(answer({ obstacles }), ['--choose', '1', '--yes']);
    expect(out).toContain('stands against it');
    expect(err).toContain('nothing was chosen');
    expect([code, asked().length]).toEqual([1, 1]);
  });

  test('tells who was first, and what a recovery that is under way does', async () => {
    const waits = [{ kind: 'recovering', text: 'cluster core: recovery 2 waits for EC2' } as const];
    const under = await answering(answer({ recovery: record, waits }), ['--minutes', '0']);
    expect(under.out).toContain(`recovery 2 from the survivor ${ID}`);
    expect(under.out).toContain('recovering: recovery 2 waits for EC2');
    await lambda?.close();
    const again = answer({ recovery: { ...record, nonce: 'theirs', by: 'operator them' }, taken: true });
    const late = await answering(again, ['--choose', '1', '--yes', '--minutes', '0']);
    expect(late.err).toContain('another choice was first: recovery 2 was begun at');
    expect([under.code, late.code]).toEqual([1, 1]);
  });

  test.each([
    [['--minutes', 'soon'], '--minutes is a number'],
    [['--choose', 'this', '--yes'], 'none of the options'],
    [['--choose', '1'], 'give --yes'],
  ])('%j is a mistake, told in one line', async (args, words) => {
    const { err, code } = await answering(answer(), args);
    expect(err).toContain(words);
    expect(isOneLine(err)).toBe(true);
    expect(code).toBe(2);
  });

  test('an answer of another version is told as one', async () => {
    const { err, code } = await answering({ etcdAutopilot: 1, ok: true }, []);
    expect([err, code]).toEqual([expect.stringContaining('same version'), 2]);
  });
});
