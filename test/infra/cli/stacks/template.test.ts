import { describe, expect, test } from 'vitest';
import { packagedTemplate } from '../../../../infra/cli/stacks/packaged.ts';
import {
  mistakesIn,
  pairsOf,
  readTemplate,
  ruleMistakes,
  withDefaults,
} from '../../../../infra/cli/stacks/template.ts';

const text = `
Parameters:
  Name: { Type: String, AllowedPattern: 'none|[a-z]+', ConstraintDescription: must be lower case }
  Kind: { Type: String, AllowedValues: [a, 'true', 3], Default: a }
  Count: { Type: Number, MinValue: 1, MaxValue: 5, Default: 2 }
  Short: { Type: String, MaxLength: 3, Default: '' }
  Many: { Type: CommaDelimitedList, AllowedPattern: '[a-z]+', Default: '' }
Rules:
  Together:
    RuleCondition: !Equals [!Ref Kind, '3']
    Assertions:
      - { Assert: !Not [!Equals [!Ref Count, 2]], AssertDescription: three is not two }
      - { Assert: !Or [!Equals [!Ref Count, 1], !Contains [[a], !Ref Name]], AssertDescription: cannot be judged }
      - { Assert: !And [!Equals [!Ref Name, a], !Equals [!Ref Nobody, a]], AssertDescription: needs a }
Resources:
  Thing: { Type: T, Properties: { Value: !Sub '\${Name}' } }
`;
const template = readTemplate(text, 'mine.yml');
const mistakes = (given: Readonly<Record<string, string>>) =>
  mistakesIn(template, new Map(Object.entries(given)));

describe('the values of a template', () => {
  test('that fit are no mistakes', () => {
    expect(mistakes({ Name: 'abc', Kind: '3', Count: '5', Short: 'xyz', Many: 'a,b' })).toEqual([]);
  });

  test.each([
    [{ Name: 'Abc' }, 'Name: "Abc" must be lower case'],
    [{ Name: 'xnone1' }, 'Name: "xnone1" must be lower case'],
    [{ Name: 'a', Kind: 'b' }, 'Kind: "b" is none of a, true, 3'],
    [{ Name: 'a', Count: '6' }, 'Count: 6 is more than 5'],
    [{ Name: 'a', Count: '0' }, 'Count: 0 is less than 1'],
    [{ Name: 'a', Count: 'x' }, 'Count: "x" is not a number'],
    [{ Name: 'a', Short: 'wxyz' }, 'Short: has 4 characters, at most 3 fit'],
    [{ Name: 'a', Many: 'a,B' }, 'Many: "B" does not match [a-z]+'],
    [{ Name: 'a', kind: 'a' }, 'the template has no parameter kind; it has Kind'],
    [{ Name: 'a'.repeat(4_097) }, "Name: is longer than 4096 bytes, CloudFormation's limit"],
    [{}, 'Name is missing: give --parameter Name=VALUE'],
  ])('%j: a mistake is told without a call', (given, words) => {
    expect(mistakes(given)).toEqual([words]);
  });

  test('that a stack has already are not missing', () => {
    expect(mistakesIn(template, new Map(), new Set(['Name']))).toEqual([]);
  });

  test('are the defaults where nothing is given', () => {
    expect(Object.fromEntries(withDefaults(template, new Map([['Kind', '3']])))).toEqual({
      Kind: '3',
      Count: '2',
      Short: '',
      Many: '',
    });
  });
});

describe('the rules of a template', () => {
  const broken = (given: Readonly<Record<string, string>>) =>
    ruleMistakes(template, new Map(Object.entries(given)));

  test('are held against what is given and the defaults', () => {
    expect(broken({ Name: 'a', Kind: '3' })).toEqual(['three is not two']);
    expect(broken({ Name: 'a', Kind: '3', Count: '1' })).toEqual([]);
  });

  test('count only where their condition holds', () => {
    expect(broken({ Name: 'b' })).toEqual([]);
  });

  test('that cannot be judged here are left to CloudFormation, unless what is known decides', () => {
    expect(broken({ Name: 'b', Kind: '3', Count: '4' })).toEqual(['needs a']);
  });
});

test.each([
  ['Resources: [', 'cannot be read'],
  ['just words', 'it has no Resources'],
  [`Resources: {}\n# ${'x'.repeat(51_200)}`, 'CloudFormation takes at most 51200'],
])('what is no template is refused: %#', (wrong, words) => {
  expect(() => readTemplate(wrong, 'mine.yml')).toThrow(words);
});

test('the packaged templates fit into one call, and their declarations are known', () => {
  for (const kind of ['core', 'workers'] as const) {
    const { declared, text: packaged } = packagedTemplate(kind, undefined);
    expect(packaged).not.toContain('{{infra/');
    expect(declared.get('Cluster')?.allowedPattern).toBe('^[a-z][a-z0-9-]{0,31}$');
    expect(declared.get('ImageId')?.fallback).toContain('/aws/service/');
  }
});

test('pairs are split at the first sign of equality, and given once', () => {
  expect([...pairsOf(['A=b=c', 'B='])]).toEqual([
    ['A', 'b=c'],
    ['B', ''],
  ]);
  expect(() => pairsOf(['A'])).toThrow('--parameter takes Key=Value, not "A"');
  expect(() => pairsOf(['A=1', 'A=2'])).toThrow('--parameter A is given twice');
});
