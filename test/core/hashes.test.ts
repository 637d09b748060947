import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeHashes } from '../../functions/core/hashes.ts';
import type { KvHash } from '../../functions/core/maintenance-port.ts';
import { quorumOf } from '../../functions/core/quorum.ts';

const voters = (count: number) => Array.from({ length: count }, (_, index) => ({ id: `${index}` }));

/** One letter for each voter: what it holds; a capital was compacted elsewhere, a dot says nothing. */
function judge(text: string) {
  const entries = [...text].flatMap((letter, index): readonly (readonly [string, KvHash])[] => {
    if (letter === '.') return [];
    const compactRevision = letter === letter.toUpperCase() ? '7' : '5';
    return [[`${index}`, { hash: letter.toLowerCase(), compactRevision, revision: '9' }]];
  });
  const verdict = judgeHashes(voters(text.length), new Map(entries));
  if (verdict.kind === 'differs') return `differs ${verdict.memberId}`;
  return verdict.kind === 'unclear' ? verdict.because : verdict.kind;
}

describe('hashes of voters say who is right only where a quorum holds the same', () => {
  test.each([
    ['aaa', 'same'],
    ['aa.', 'same'],
    ['aab', 'differs 2'],
    ['baa', 'differs 0'],
    ['ab.', 'noMajority'],
    ['abc', 'noMajority'],
    ['ab', 'noMajority'],
    ['a..', 'tooFew'],
    ['...', 'tooFew'],
    ['aaabc', 'several'],
    ['aaab.', 'differs 3'],
    ['aab..', 'noMajority'],
    ['aabb.', 'noMajority'],
    ['a', 'same'],
  ])('%s: %s', (text, verdict) => {
    expect(judge(text)).toBe(verdict);
  });

  test.each([
    ['aaA', 'same'],
    ['aAB', 'noMajority'],
    ['aaB', 'same'],
    ['aA', 'tooFew'],
    ['aAbBc', 'noMajority'],
  ])('whoever was compacted elsewhere is not compared: %s: %s', (text, verdict) => {
    expect(judge(text)).toBe(verdict);
  });

  test('never is one called wrong whom no quorum of others contradicts', () => {
    const letters = fc.array(fc.constantFrom('a', 'b', 'c', 'A', '.'), { minLength: 1, maxLength: 7 });
    fc.assert(
      fc.property(letters, (given) => {
        const verdict = judge(given.join(''));
        if (!verdict.startsWith('differs')) return;
        const wrong = given[Number(verdict.split(' ')[1])];
        const most = Math.max(
          ...['a', 'b', 'c', 'A'].map(
            (one) => given.filter((letter) => letter === one && one !== wrong).length,
          ),
        );
        expect(most).toBeGreaterThanOrEqual(quorumOf(given.length));
      }),
    );
  });
});
