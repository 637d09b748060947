import { describe, expect, test } from 'vitest';
import { judgeSecrets, type Secret, secretNames } from '../../functions/core/access.ts';
import { configFromProperties } from '../../functions/core/config.ts';
import { makeCertificates } from '../support/certificates.ts';
import { AUTH, DOMAIN, SECURE, secretsOf } from '../support/secrets.ts';

const made = makeCertificates(DOMAIN);
const { ca, cert, key } = SECURE.tls;
const { password } = AUTH.auth;

const configOf = (properties: object) => {
  const parsed = configFromProperties(properties, 'stack');
  if (!parsed.ok) throw new Error(parsed.problems.join());
  return parsed.config;
};
const CONFIG = configOf({ ...SECURE, ...AUTH });

const problemsWith = (changes: Readonly<Record<string, Secret | null>>): readonly string[] => {
  const secrets = secretsOf(made);
  for (const [name, secret] of Object.entries(changes)) {
    if (secret === null) secrets.delete(name);
    else secrets.set(name, secret);
  }
  const judged = judgeSecrets(CONFIG, secrets);
  return judged.ok ? [] : judged.problems;
};

describe('the secrets of a cluster', () => {
  test('are those that its settings name, and none without tls and auth', () => {
    expect(secretNames(CONFIG)).toEqual([ca, cert, key, password]);
    expect(secretNames(configOf({}))).toEqual([]);
    expect(judgeSecrets(configOf({}), new Map())).toEqual({
      ok: true,
      credentials: { tls: null, auth: null },
    });
  });

  test('become credentials', () => {
    expect(judgeSecrets(CONFIG, secretsOf(made))).toEqual({
      ok: true,
      credentials: {
        tls: { ca: made.ca, cert: made.client.cert, key: made.client.key },
        auth: { user: 'root', password: 'right' },
      },
    });
  });

  test('may hold an authority and its successor while one replaces the other', () => {
    const both = { value: made.stranger.ca + made.ca, isSecure: false };
    expect(problemsWith({ [ca]: both })).toEqual([]);
  });

  test('that are missing are all named at once', () => {
    expect(problemsWith({ [ca]: null, [password]: null })).toEqual([
      `the parameter ${ca} does not exist`,
      `the parameter ${password} does not exist`,
    ]);
  });

  test.each([
    [
      'a key as String',
      { [key]: { value: made.client.key, isSecure: false } },
      `${key} must be a SecureString`,
    ],
    [
      'a password as String',
      { [password]: { value: 'hunter2', isSecure: false } },
      `${password} must be a SecureString`,
    ],
    ['an empty password', { [password]: { value: '', isSecure: true } }, `${password} is empty`],
    [
      'a line break behind the password',
      { [password]: { value: 'hunter2\n', isSecure: true } },
      `${password} holds a line break`,
    ],
    ['no CA', { [ca]: { value: 'hunter2', isSecure: false } }, `${ca} holds no certificate in PEM form`],
    [
      'a key for a certificate',
      { [cert]: { value: made.client.key, isSecure: true } },
      `${cert} holds no certificate`,
    ],
    ['no key', { [key]: { value: 'hunter2', isSecure: true } }, `${key} holds no private key in PEM form`],
    [
      'the key of another',
      { [key]: { value: made.stranger.client.key, isSecure: true } },
      `the key in ${key} does not belong to the certificate in ${cert}`,
    ],
  ])('are refused with %s, by name and without a word of what they hold', (_what, changes, problem) => {
    const problems = problemsWith(changes);
    expect(problems).toEqual([expect.stringContaining(problem)]);
    expect(problems.join()).not.toMatch(/hunter2|BEGIN/);
  });
});
