import { expect, test } from 'vitest';
import { finding, isFindingCode, sortFindings } from '../../functions/core/finding.ts';

test('equal findings are equal, in whatever order and number they came', () => {
  const a = finding('unknownZone', 'Z1', 'no such zone');
  const b = finding('nameForeign', 'web.example.com', 'somebody else has it');
  expect(sortFindings([a, b, a])).toEqual([b, a]);
  expect(sortFindings([b, a])).toEqual(sortFindings([a, b, b]));
});

test('only words of the closed list are codes', () => {
  expect(isFindingCode('nameForeign')).toBe(true);
  expect(['nonsense', 'toString', 3, null].filter(isFindingCode)).toEqual([]);
});
