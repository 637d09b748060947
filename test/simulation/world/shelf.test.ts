import { expect, test } from 'vitest';
import { Shelf } from './shelf.ts';

test('what is read of Parameter Store is what stands there, after whatever was written', () => {
  const shelf = new Shelf();
  const told = () => [...shelf.under('/a/')];
  expect(told()).toEqual([]);
  shelf.set('/a/x', '1').set('/b/x', '2');
  expect(told()).toEqual([['x', '1']]);
  shelf.set('/a/x', '3');
  expect(told()).toEqual([['x', '3']]);
  shelf.set('/a/y', '4').delete('/a/x');
  expect(told()).toEqual([['y', '4']]);
  expect([...shelf.under('/b/')]).toEqual([['x', '2']]);
  shelf.clear();
  expect(told()).toEqual([]);
});

test('what was read before stays as it was', () => {
  const shelf = new Shelf();
  shelf.set('/a/x', '1');
  const before = shelf.under('/a/');
  expect(shelf.under('/a/')).toBe(before);
  shelf.set('/a/x', '2');
  expect(before.get('x')).toBe('1');
});
