import { GRPCInvalidArgumentError, GRPCUnavailableError } from 'etcd3';
import { describe, expect, test } from 'vitest';
import { type Token, Tokens } from '../../../functions/adapters/etcd/tokens.ts';

/** Answers of etcd by endpoint: a token, or its refusal. */
class Etcds {
  readonly answers = new Map<string, string | Error>();
  readonly asked: string[] = [];

  tokens(): Tokens<null> {
    return new Tokens(async (endpoint) => {
      this.asked.push(endpoint);
      const answer = this.answers.get(endpoint) ?? refusal('no such endpoint');
      if (answer instanceof Error) throw answer;
      return `${answer}-${this.asked.length}`;
    });
  }
}

const refusal = (text: string): Error =>
  new GRPCInvalidArgumentError(`3 INVALID_ARGUMENT: etcdserver: ${text}`);
const LEARNER = new GRPCUnavailableError('14 UNAVAILABLE: etcdserver: rpc not supported for learner');
const echo = async (token: Token) => token;

describe('a token', () => {
  test('is asked for once at each endpoint, however many calls need it', async () => {
    const etcds = new Etcds();
    etcds.answers.set('a', 'A').set('b', 'B');
    const tokens = etcds.tokens();
    const used = await Promise.all(['a', 'a', 'b'].map((endpoint) => tokens.use(endpoint, null, echo)));
    expect(used).toEqual(['A-1', 'A-1', 'B-2']);
    expect(await tokens.use('a', null, echo)).toBe('A-1');
    expect(etcds.asked).toEqual(['a', 'b']);
  });

  test('is none where etcd asks nobody for one', async () => {
    const etcds = new Etcds();
    etcds.answers.set('a', refusal('authentication is not enabled'));
    expect(await etcds.tokens().use('a', null, echo)).toBeNull();
  });

  test('of a voter serves a learner, which gives none', async () => {
    const etcds = new Etcds();
    etcds.answers.set('learner', LEARNER).set('voter', 'V');
    const tokens = etcds.tokens();
    const [learner] = await Promise.all([tokens.use('learner', null, echo), tokens.use('voter', null, echo)]);
    expect(learner).toMatch(/^V/);
  });

  test('that a learner cannot get from anybody leaves its own refusal', async () => {
    const etcds = new Etcds();
    etcds.answers.set('learner', LEARNER).set('voter', refusal('request timed out'));
    const tokens = etcds.tokens();
    await tokens.use('voter', null, echo).catch(() => null);
    await expect(tokens.use('learner', null, echo)).rejects.toBe(LEARNER);
  });

  test.each(['the auth token is not valid', 'revision of auth store is old'])(
    'is asked for anew, once, when etcd says: %s',
    async (text) => {
      const etcds = new Etcds();
      etcds.answers.set('a', 'A');
      const tokens = etcds.tokens();
      const used: Token[] = [];
      const work = async (token: Token) => {
        used.push(token);
        if (used.length === 1) throw refusal(text);
        return 'done';
      };
      expect(await tokens.use('a', null, work)).toBe('done');
      expect(used).toEqual(['A-1', 'A-2']);
      const never = tokens.use('a', null, () => Promise.reject(refusal(text)));
      await expect(never).rejects.toThrow(text);
      expect(etcds.asked).toHaveLength(3);
    },
  );

  test.each(['user name is empty', 'permission denied'])(
    'is asked for when etcd asked for none, and now says: %s',
    async (text) => {
      const etcds = new Etcds();
      etcds.answers.set('a', refusal('authentication is not enabled'));
      const tokens = etcds.tokens();
      expect(await tokens.use('a', null, echo)).toBeNull();
      etcds.answers.set('a', 'A');
      const work = (token: Token) => (token === null ? Promise.reject(refusal(text)) : echo(token));
      expect(await tokens.use('a', null, work)).toBe('A-2');
      await expect(tokens.use('a', null, () => Promise.reject(refusal('permission denied')))).rejects.toThrow(
        'permission denied',
      );
      expect(etcds.asked).toHaveLength(2);
    },
  );

  test('is not asked for anew after any other refusal: the call may have had its effect', async () => {
    const etcds = new Etcds();
    etcds.answers.set('a', 'A');
    const tokens = etcds.tokens();
    let count = 0;
    const work = () => {
      count += 1;
      return Promise.reject(refusal('request timed out'));
    };
    await expect(tokens.use('a', null, work)).rejects.toThrow('request timed out');
    expect(count).toBe(1);
  });

  test('that was refused is not remembered as refused', async () => {
    const etcds = new Etcds();
    etcds.answers.set('a', refusal('request timed out'));
    const tokens = etcds.tokens();
    await expect(tokens.use('a', null, echo)).rejects.toThrow('request timed out');
    etcds.answers.set('a', 'A');
    expect(await tokens.use('a', null, echo)).toBe('A-2');
  });
});
