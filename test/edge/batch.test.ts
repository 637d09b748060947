import { expect, test } from 'vitest';
import { workByGroup } from '../../functions/edge/batch.ts';

test('a group that waits holds up nobody else, and its own messages keep their order', async () => {
  const done: string[] = [];
  const open = Promise.withResolvers<void>();
  await workByGroup(
    ['a1', 'b1', 'a2', 'c1', 'b2'],
    ([group = '']) => group,
    async (message) => {
      if (message === 'a1') await open.promise;
      done.push(message);
      if (message === 'b2') open.resolve();
    },
  );
  expect(done.slice(0, 2)).toEqual(['b1', 'c1']);
  expect(done.slice(-3)).toEqual(['b2', 'a1', 'a2']);
});
