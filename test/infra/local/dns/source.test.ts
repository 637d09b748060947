import { expect, test } from 'vitest';
import { ZoneSource } from '../../../../infra/local/dns/source.ts';
import type { Zone } from '../../../../infra/local/dns/zones.ts';

const zone = (id: string): Zone => ({ id, name: 'example.com.', isPrivate: false, records: [] });
const idsOf = async (source: ZoneSource): Promise<string> =>
  (await source.zones()).map(({ id }) => id).join();

/** A source whose clock and stage the test plays. */
function open(first: () => Promise<readonly Zone[]>) {
  const played = { nowMs: 0, read: first };
  return {
    played,
    source: new ZoneSource(
      () => played.read(),
      () => played.nowMs,
    ),
  };
}

test('the zones are read once for questions that come together, and anew for later ones', async () => {
  let reads = 0;
  const { played, source } = open(async () => {
    reads += 1;
    return [zone(String(reads))];
  });
  expect(await Promise.all([idsOf(source), idsOf(source), idsOf(source)])).toEqual(['1', '1', '1']);
  played.nowMs += 50;
  expect(await idsOf(source)).toBe('1');
  played.nowMs += 1;
  expect(await idsOf(source)).toBe('2');
});

test('what was read before is told for a little while, when the stage is busy or fails', async () => {
  const { played, source } = open(async () => [zone('first')]);
  expect(await idsOf(source)).toBe('first');
  let answer: (zones: readonly Zone[]) => void = () => undefined;
  played.read = () =>
    new Promise((done) => {
      answer = done;
    });
  played.nowMs += 300;
  expect(await idsOf(source)).toBe('first');
  played.nowMs += 200;
  const late = idsOf(source);
  answer([zone('second')]);
  expect(await late).toBe('second');
  played.read = () => Promise.reject(new Error('no answer'));
  played.nowMs += 100;
  expect(await idsOf(source)).toBe('second');
  played.nowMs += 500;
  await expect(source.zones()).rejects.toThrow('no answer');
});

test('a stage that never answered is a failure', async () => {
  const { source } = open(() => Promise.reject(new Error('no answer')));
  await expect(source.zones()).rejects.toThrow('no answer');
});
