import { expect, test } from 'vitest';
import { holderOf, markOf } from '../../../functions/core/dns/ownership.ts';
import { simpleRecord } from '../../../functions/core/dns/records.ts';
import { MARK, NAME, OWNER } from './worlds.ts';

const text = (...values: readonly string[]) => simpleRecord(MARK.name, 'TXT', values, 300);

test('a mark that was written is ours, whatever the stack is called', () => {
  const mark = markOf(NAME, 'core', OWNER);
  expect(holderOf([mark], 'core', OWNER)).toBe('ours');
  expect(holderOf([mark], 'core', OWNER.replace('etcd-autopilot', 'other'))).toBe('ours');
  expect(holderOf([mark], 'core', '123456789012/eu-west-1')).toBe('ours');
});

test.each([
  ['another cluster', [markOf(NAME, 'other', OWNER)]],
  ['another region', [markOf(NAME, 'core', OWNER.replace('eu-west-1', 'us-east-1'))]],
  ['another account', [markOf(NAME, 'core', OWNER.replace('1234', '9999'))]],
  ['another text', [text('"hello"')]],
  ['two texts', [text(...MARK.values, '"hello"')]],
  ['two record sets', [MARK, { ...text('"hello"'), setIdentifier: 'b' }]],
  ['an alias', [simpleRecord(MARK.name, 'CNAME', ['x.example.com'], 300)]],
  ['no value', [text()]],
])('%s is somebody else’s', (_, records) => {
  expect(holderOf(records, 'core', OWNER)).toBe('somebodyElse');
});

test('without a mark nobody has it', () => {
  expect(holderOf([], 'core', OWNER)).toBe('nobody');
  expect(holderOf([simpleRecord(MARK.name, 'MX', ['10 mail'], 300)], 'core', OWNER)).toBe('nobody');
});
