import { setTimeout as sleep } from 'node:timers/promises';
import { SetDesiredCapacityCommand, StartInstanceRefreshCommand } from '@aws-sdk/client-auto-scaling';
import { GetQueueAttributesCommand, GetQueueUrlCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DnsWatch } from './dns-watch.ts';
import { CALM, IS_LONG, type Joined, openJoined, tell } from './joined.ts';
import { STACK, until } from './stage.ts';

/** A front-facing group of three and its name, asked for every 100 ms from the first step to the last. */
const GROUP = 'etcd-autopilot-core-front';
const TTL_SECONDS = 5;
/** The schedule of the group's stack, a pass, and the second in which a change spreads. */
const SCHEDULE_MS = 60_000 + 5_000;
const FOREIGN = '192.0.2.9';

let joined: Joined;
let watch: DnsWatch;
let name = '';

beforeAll(async () => {
  joined = await openJoined();
  const { zones, zoneId, cli, theatre } = joined;
  name = `www.${zones.name}`;
  await cli('launch', '-n', 'core', '--size', '1', ...CALM, '--yes');
  const dns = ['--dns-name', name, '--dns-zone', zoneId, '--dns-ttl', String(TTL_SECONDS)];
  await cli('launch-workers', '-n', 'front', '-j', 'core', '--size', '3', ...dns, '--yes');
  await joined.inService(GROUP, 3, 30);
  watch = new DnsWatch(zones.resolver, name, theatre.region, GROUP);
  await until('three addresses', 20, async () => (await answered()).length === 3);
  watch.start();
});

afterAll(async () => {
  await watch?.stop();
  await joined?.close();
});

const answered = async (): Promise<readonly string[]> =>
  (await joined.zones.resolver.resolve4(name).catch((): string[] => []))
    .filter((one) => one !== FOREIGN)
    .sort();
const addressesNow = (): readonly string[] =>
  joined.theatre.region.groups
    .get(GROUP)
    .instances.filter(({ state }) => state === 'InService')
    .map(({ address }) => address)
    .sort();
/** The answer is those in service, and so many they are. */
const untilTold = (count: number, seconds: number): Promise<void> =>
  until(`${count} addresses are told`, seconds, async () => {
    const now = addressesNow();
    return now.length === count && (await answered()).join() === now.join();
  });
const resize = (DesiredCapacity: number) =>
  joined.clients.scaling.send(
    new SetDesiredCapacityCommand({ AutoScalingGroupName: GROUP, DesiredCapacity }),
  );
/** Addresses of machines that went away in order had to be forgotten by everybody before. */
const ended: { address: string; isOrderly: boolean }[] = [];

async function departing(isOrderly: boolean, work: () => Promise<unknown>): Promise<void> {
  const before = addressesNow();
  await work();
  const after = addressesNow();
  ended.push(...before.filter((one) => !after.includes(one)).map((address) => ({ address, isOrderly })));
}

test('S53 a record edited and one deleted by hand are mended within one schedule', async () => {
  const records = (await joined.zones.records()).filter(({ Type }) => Type === 'A');
  const [edited, deleted] = records;
  if (edited === undefined || deleted === undefined) throw new Error('no records');
  // In the short version whatever happens to the group gets the zone looked at; here it is the schedule alone.
  if (IS_LONG) await untilQuiet();
  const startMs = performance.now();
  await joined.zones.change(
    ['UPSERT', { ...edited, ResourceRecords: [{ Value: '10.66.66.66' }] }],
    ['DELETE', deleted],
    ['CREATE', joined.zones.many('www', 'somebody', FOREIGN)],
  );
  await until('the foreign address is told', 10, async () => watch.now().includes(FOREIGN));
  if (!IS_LONG) await resize(4);
  await untilTold(IS_LONG ? 3 : 4, SCHEDULE_MS / 1_000);
  const mendedMs = performance.now() - startMs;
  expect(mendedMs).toBeLessThan(SCHEDULE_MS);
  tell('dns', {
    'edited and deleted records mended after ms': Math.round(mendedMs),
    'by the schedule alone': String(IS_LONG),
  });
}, 90_000);

test('scale-out is told as soon as the newcomer is in service, scale-in before the leaver goes', async () => {
  await resize(4);
  await untilTold(4, 30);
  await departing(true, async () => {
    await resize(3);
    await untilTold(3, 30);
    await joined.inService(GROUP, 3, 40);
  });
}, 90_000);

test('an address of a machine that died without a word is told no longer than TTL and one schedule', async () => {
  const [id = ''] = await joined.inService(GROUP, 3, 20);
  // At full length nobody hears of it, nor of its replacement: the schedule has to find out.
  const { region } = joined.theatre;
  if (IS_LONG) await untilQuiet();
  const silence = IS_LONG ? await region.fault({ kind: 'drop-events', group: GROUP }) : null;
  await departing(false, async () => {
    await joined.clients.inflict(id, 'kill');
    await until(
      'it is found out',
      20,
      async () => !addressesNow().includes(region.groups.instance(id).address),
    );
    await untilTold(3, 70);
    await joined.inService(GROUP, 3, 70);
  });
  if (silence?.id) region.faults.clear(silence.id);
  const { longestToldMs } = watch.watched(TTL_SECONDS);
  tell('dns', {
    'a dead machine told of for ms': longestToldMs,
    'and nobody heard of its death': String(IS_LONG),
  });
  expect(longestToldMs).toBeLessThan(SCHEDULE_MS);
}, 180_000);

test('a replacement of all leaves the name with addresses throughout', async () => {
  const MaxHealthyPercentage = IS_LONG ? 110 : 200;
  const Preferences = {
    MinHealthyPercentage: 100,
    MaxHealthyPercentage,
    InstanceWarmup: 0,
    SkipMatching: false,
  };
  const before = addressesNow();
  await departing(true, async () => {
    await joined.clients.scaling.send(
      new StartInstanceRefreshCommand({ AutoScalingGroupName: GROUP, Preferences }),
    );
    await until('all are others', 150, async () => addressesNow().every((one) => !before.includes(one)));
    await untilTold(3, 30);
    await joined.inService(GROUP, 3, 40);
  });
}, 200_000);

test('the name was never empty, no leaver was told of when it went, and the foreign record is left alone and reported', async () => {
  const state = (await joined.clients.parametersOf('core')).get(`dns/${joined.zoneId}`)?.value ?? '';
  expect(state).toContain('recordForeign');
  expect(
    (await joined.zones.records()).filter(({ SetIdentifier }) => SetIdentifier === 'somebody'),
  ).toHaveLength(1);
  await sleep(200);
  await watch.stop();
  const { askedCount, emptyCount, staleMs } = watch.watched(TTL_SECONDS);
  const staleOf = (isOrderly: boolean): readonly number[] =>
    ended
      .filter((one) => one.isOrderly === isOrderly)
      .map(({ address }) => staleMs.get(address) ?? Number.NaN);
  tell('dns', {
    questions: askedCount,
    empty: emptyCount,
    'leavers in order': staleOf(true).length,
    'forgotten by everybody before they went by ms, at least': -Math.max(...staleOf(true)),
  });
  expect(emptyCount).toBe(0);
  expect(askedCount).toBeGreaterThan(100);
  expect(staleOf(true).length).toBeGreaterThanOrEqual(4);
  for (const stale of staleOf(true)) expect(stale).toBeLessThanOrEqual(0);
  expect(staleOf(false)).toHaveLength(1);
  for (const stale of staleOf(false)) expect(stale).toBeLessThan(TTL_SECONDS * 1_000 + SCHEDULE_MS);
});

test('S54 the records go with the stack, while its schedule fires, and do not come back', async () => {
  const { clients, theatre, zones, zoneId, cli } = joined;
  const QueueUrl = await queueUrl();
  let nonce = 0;
  const fire = async (): Promise<void> => {
    nonce += 1;
    const look = {
      etcdAutopilot: 1,
      request: 'look',
      cluster: 'core',
      zone: zoneId,
      from: 'schedule',
      nonce: String(nonce),
    };
    const message = { QueueUrl, MessageGroupId: zoneId, MessageBody: JSON.stringify(look) };
    await clients.queues.send(new SendMessageCommand(message));
  };
  let isOver = false;
  const schedule = (async () => {
    for (; !isOver; await sleep(500)) await fire();
  })();
  await cli('destroy', 'front', '-j', 'core', '--yes').finally(() => {
    isOver = true;
  });
  await schedule;
  const left = async () =>
    (await zones.records()).map(({ Type, SetIdentifier }) => `${Type} ${SetIdentifier}`);
  expect(await left()).toEqual(['A somebody']);
  expect(theatre.region.groups.all().map((group) => group.name)).not.toContain(GROUP);
  await fire();
  await untilQuiet();
  expect(await left()).toEqual(['A somebody']);
}, 120_000);

async function queueUrl(): Promise<string> {
  const request = new GetQueueUrlCommand({ QueueName: `${STACK}-dns.fifo` });
  return (await joined.clients.queues.send(request)).QueueUrl ?? '';
}

/** Nobody has asked for a look of late that was not had. */
async function untilQuiet(): Promise<void> {
  const QueueUrl = await queueUrl();
  await until('no look is asked for', 60, async () => (await waiting(QueueUrl)) === 0);
}

async function waiting(QueueUrl: string): Promise<number> {
  const request = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] });
  const { Attributes = {} } = await joined.clients.queues.send(request);
  return (
    Number(Attributes['ApproximateNumberOfMessages']) +
    Number(Attributes['ApproximateNumberOfMessagesNotVisible'])
  );
}
