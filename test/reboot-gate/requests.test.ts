import { describe, expect, test } from 'vitest';
import { MEMBERS } from '../../functions/core/names.ts';
import { RebootStage, SECRET, WORKERS, workerId } from '../support/reboot-stage.ts';
import { followerOf, unavailable } from '../support/story.ts';

const NAME = '/secrets/core/reboot-secret';
const body = (stage: RebootStage): string =>
  JSON.stringify({ client_params: { group: MEMBERS, id: followerOf(stage.world) } });

describe('access', () => {
  const REFUSED = {
    status: 403,
    kind: 'access_refused',
    body: '{"kind":"access_refused","value":"this is not the base URL of a cluster: check cluster and secret"}',
  };
  const bad = [
    ['another secret', `/core/${SECRET}x/v1/pre-reboot`],
    ['no secret', '/core/v1/pre-reboot'],
    ['another cluster', `/other/${SECRET}/v1/pre-reboot`],
    ['no name of a cluster', `/..%2fcore/${SECRET}/v1/pre-reboot`],
    ['nothing at all', '/'],
    ['neither cluster nor secret', '/v1/pre-reboot'],
  ] as const;

  test.each(bad)('is refused to %s, byte for byte the same', async (_what, rawPath) => {
    const stage = await RebootStage.open();
    expect(await stage.send({ rawPath, body: body(stage) })).toEqual(REFUSED);
    // Whatever else is wrong is judged later, so that it tells nothing.
    expect(await stage.send({ rawPath, body: 'x'.repeat(9_000), headers: {} })).toEqual(REFUSED);
    expect(stage.holders()).toEqual([]);
    expect(stage.figures).toEqual([]);
  });

  test('is given by a secret that can be used only, and the log says what is wrong with it', async () => {
    for (const [secret, words] of [
      [undefined, 'does not exist'],
      [{ value: SECRET, isSecure: false }, 'SecureString'],
      [{ value: 'short', isSecure: true }, '20 to 128'],
    ] as const) {
      const stage = await RebootStage.open();
      if (secret === undefined) stage.world.secrets.delete(NAME);
      else stage.world.secrets.set(NAME, secret);
      const rawPath = `/core/${secret?.value ?? SECRET}/v1/pre-reboot`;
      expect(await stage.send({ rawPath, body: body(stage) })).toEqual(REFUSED);
      expect(stage.told.at(-1)).toMatchObject({
        outcome: 'access_refused',
        because: expect.stringContaining(words),
      });
    }
  });

  test('follows a new secret within half a minute, and not many questions a second', async () => {
    const stage = await RebootStage.open();
    let reads = 0;
    stage.world.interfere = (call) => {
      if (call === 'secrets.read') reads += 1;
    };
    for (let count = 0; count < 20; count += 1) await stage.send({ rawPath: '/core/guess/v1/pre-reboot' });
    expect(reads).toBe(1);
    stage.world.secrets.set(NAME, { value: `new-${SECRET}`, isSecure: true });
    for (let second = 0; second < 30; second += 1) stage.world.tick();
    expect((await stage.lock(followerOf(stage.world))).kind).toBe('access_refused');
    const rawPath = `/core/new-${SECRET}/v1/pre-reboot`;
    expect((await stage.send({ rawPath, body: body(stage) })).status).toBe(200);
  });

  test('costs few readings, however many clusters are made up, and who is known is let in meanwhile', async () => {
    const stage = await RebootStage.open();
    const id = followerOf(stage.world);
    expect((await stage.lock(id)).status).toBe(200);
    let reads = 0;
    stage.world.interfere = (call) => {
      if (call === 'secrets.read') reads += 1;
    };
    const asMany = async (from: number) => {
      for (let n = from; n < from + 100; n += 1)
        expect(await stage.send({ rawPath: `/made-up-${n}/${SECRET}/v1/pre-reboot` })).toEqual(REFUSED);
    };
    await asMany(0);
    expect(reads).toBeGreaterThan(10);
    expect(reads).toBeLessThanOrEqual(20);
    expect(stage.told.at(-1)).toMatchObject({ because: 'too many names of clusters are asked for' });
    expect((await stage.lock(id)).status).toBe(200);
    for (let second = 0; second < 11; second += 1) stage.world.tick();
    await asMany(100);
    expect(reads).toBeLessThanOrEqual(40);
    for (let second = 0; second < 31; second += 1) stage.world.tick();
    expect((await stage.lock(id)).status).toBe(200);
  });

  test('is not known while the secret cannot be read: nobody is let in', async () => {
    const stage = await RebootStage.open();
    stage.world.failing.set('secrets.read', unavailable);
    expect(await stage.lock(followerOf(stage.world))).toMatchObject({
      status: 503,
      kind: 'cluster_unavailable',
    });
    expect(stage.holders()).toEqual([]);
  });

  test('leaves no secret in any line that is written, whatever is asked and whatever goes wrong', async () => {
    const stage = await RebootStage.open();
    const id = followerOf(stage.world);
    await stage.lock(id);
    await stage.unlock(id);
    for (const [, rawPath] of bad) await stage.send({ rawPath, body: body(stage) });
    await stage.post('v1/else', 'x');
    await stage.post('v1/pre-reboot', '{');
    stage.world.failing.set('machines.describe', () => new Error(`crash at ${'x'.repeat(10)}`));
    await stage.lock(id);
    expect(stage.lines.length).toBeGreaterThan(8);
    expect(stage.lines.join('\n')).not.toContain(SECRET);
    expect(stage.lines.join('\n')).not.toContain('pre-reboot/');
  });
});

describe('a request that is not of the protocol', () => {
  test.each([
    ['another endpoint', 'v1/reboot', {}, {}, 404, 'unknown_endpoint'],
    [
      'another method',
      'v1/pre-reboot',
      {},
      { requestContext: { http: { method: 'GET' } } },
      405,
      'method_not_allowed',
    ],
    ['no header', 'v1/pre-reboot', {}, { headers: {} }, 400, 'missing_header'],
    ['too large a body', 'v1/pre-reboot', 'x'.repeat(4_097), {}, 413, 'body_too_large'],
    ['no JSON', 'v1/steady-state', 'id=1', {}, 400, 'invalid_body'],
    [
      'no group',
      'v1/steady-state',
      { client_params: { id: 'i-0000000a' } },
      {},
      400,
      'invalid_client_identity',
    ],
  ] as const)(
    '(%s) is refused before the cluster is looked at',
    async (_what, endpoint, given, over, status, kind) => {
      const stage = await RebootStage.open();
      const calls: string[] = [];
      stage.world.interfere = (call) => void calls.push(call);
      expect(await stage.post(endpoint, given, over)).toMatchObject({ status, kind });
      expect(calls.filter((call) => call !== 'secrets.read')).toEqual([]);
      expect(stage.figures).toEqual([{ [`RebootRefused_${kind}`]: 1 }]);
      expect(stage.told.at(-1)).toMatchObject({ cluster: 'core', outcome: kind });
    },
  );

  test('the largest body that is allowed is read', async () => {
    const stage = await RebootStage.open();
    const text = body(stage);
    expect((await stage.post('v1/pre-reboot', text.padEnd(4_096))).status).toBe(200);
  });
});

describe('the gate', () => {
  test('calls nothing of AWS that changes anything, but for a look that it asks for', async () => {
    const stage = await RebootStage.open();
    stage.addWorkers(2);
    const calls = new Set<string>();
    stage.world.interfere = (call) => void calls.add(call);
    const leader = stage.world.leaderName ?? '';
    for (const [id, group] of [
      [leader, MEMBERS],
      [workerId(1), WORKERS],
    ] as const) {
      await stage.lock(id, group);
      await stage.unlock(id, group);
    }
    await stage.operate({ etcdAutopilot: 1, request: 'reboots', cluster: 'core' });
    const aws = [...calls].filter((call) => !call.startsWith('etcd.')).sort();
    expect(aws).toEqual([
      'machines.describe',
      'machines.endings',
      'parameters.readAll',
      'queue.askForLook',
      'scaling.listGroups',
      'secrets.read',
    ]);
    expect([...calls].filter((call) => call.startsWith('etcd.')).sort()).toEqual([
      'etcd.members',
      'etcd.moveLeader',
      'etcd.probe',
      'etcd.read',
      'etcd.releasePermit',
      'etcd.swap',
      'etcd.takePermit',
    ]);
  });
});

describe('an operator', () => {
  const LIST = { etcdAutopilot: 1, request: 'reboots', cluster: 'core' };
  const free = (group: string, id: string) => ({
    etcdAutopilot: 1,
    request: 'releaseReboot',
    cluster: 'core',
    group,
    id,
  });

  test('sees every lock: who holds it, since when, and how many may', async () => {
    const stage = await RebootStage.open();
    stage.addWorkers(3, { 'etcd-autopilot:max-rebooting': '2' });
    const id = followerOf(stage.world);
    await stage.lock(id);
    await stage.lock(workerId(1), WORKERS);
    stage.world.etcd.keys.set('/etcd-autopilot/reboots/gone', 'rubbish');
    for (let second = 0; second < 90; second += 1) stage.world.tick();
    const answer = await stage.operate(LIST);
    const holder = {
      heldSeconds: expect.closeTo(90, -1),
      overdue: false,
      listed: true,
      since: expect.any(String),
    };
    expect(answer).toEqual({
      ...LIST,
      ok: true,
      locks: [
        { group: MEMBERS, slots: 1, readable: true, holders: [{ ...holder, instanceId: id }] },
        { group: WORKERS, slots: 2, readable: true, holders: [{ ...holder, instanceId: workerId(1) }] },
        { group: 'gone', slots: null, readable: false, holders: [] },
      ],
    });
  });

  test('takes a lock off an instance, listed or not, and is told whether it held it', async () => {
    const stage = await RebootStage.open();
    const id = followerOf(stage.world);
    await stage.lock(id);
    expect(await stage.operate(free(MEMBERS, id))).toMatchObject({
      ok: true,
      released: true,
      instanceId: id,
    });
    expect(stage.holders()).toEqual([]);
    expect(await stage.operate(free(MEMBERS, id))).toMatchObject({ ok: true, released: false });
    expect(stage.world.looks.at(-1)).toContain('reboot-gate');
    expect(await stage.operate(free('gone', workerId(9)))).toMatchObject({ ok: true, released: false });
  });

  test('is told what is wrong with a request, and what could not be done', async () => {
    const stage = await RebootStage.open();
    expect(await stage.operate({ etcdAutopilot: 1 })).toMatchObject({ ok: false, code: 'EVENT_MALFORMED' });
    expect(await stage.operate(free(MEMBERS, 'web-1'))).toMatchObject({ ok: false, code: 'EVENT_MALFORMED' });
    stage.room = { ...stage.room, dryRun: true };
    expect(await stage.operate(free(MEMBERS, workerId(1)))).toMatchObject({
      ok: false,
      code: 'cluster_frozen',
    });
    stage.room = { ...stage.room, dryRun: false };
    stage.world.groupCount = 0;
    for (const request of [LIST, free(MEMBERS, workerId(1))])
      expect(await stage.operate(request)).toMatchObject({
        ok: false,
        code: 'cluster_unavailable',
        message: expect.stringContaining('group'),
      });
  });
});
