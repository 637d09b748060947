import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ZoneSource } from '../../../../infra/local/dns/source.ts';
import type { Zone } from '../../../../infra/local/dns/zones.ts';

const zone = (id: string): Zone => ({ id, name: 'example.com.', isPrivate: false, records: [] });
const idsOf = async (source: ZoneSource): Promise<string> =>
  (await source.zones()).map(({ id }) => id).join();

test('the zones are read once for questions that come together, and anew for later ones', async () => {
  let reads = 0;
  const source = new ZoneSource(async () => {
    reads += 1;
    return [zone(String(reads))];
  });
  expect(await Promise.all([idsOf(source), idsOf(source), idsOf(source)])).toEqual(['1', '1', '1']);
  expect(await idsOf(source)).toBe('1');
  await sleep(60);
  expect(await idsOf(source)).toBe('2');
});

test('what was read before is told while the stage is busy, or fails', async () => {
  let read = async (): Promise<readonly Zone[]> => [zone('first')];
  const source = new ZoneSource(() => read());
  expect(await idsOf(source)).toBe('first');
  await sleep(60);
  let answer: (zones: readonly Zone[]) => void = () => undefined;
  read = () =>
    new Promise((done) => {
      answer = done;
    });
  expect(await idsOf(source)).toBe('first');
  answer([zone('second')]);
  await sleep(60);
  read = () => Promise.reject(new Error('no answer'));
  expect(await idsOf(source)).toBe('second');
});

test('a stage that never answered is a failure', async () => {
  const source = new ZoneSource(() => Promise.reject(new Error('no answer')));
  await expect(source.zones()).rejects.toThrow('no answer');
});
