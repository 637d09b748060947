import { beforeEach, describe, expect, test } from 'vitest';
import { decodeSight } from '../../functions/core/checks/sight.ts';
import { OperationError } from '../../functions/core/errors.ts';
import { HOOK } from '../../functions/core/names.ts';
import { PATH } from '../simulation/world/fake-world.ts';
import { followerOf, grown } from '../support/story.ts';
import { ChecksStage } from './stage.ts';

const SIGHT = 'etcd-autopilot/core/sight.json';
const denied = new OperationError('AWS_DENIED', 'never', 'not authorized');

let stage: ChecksStage;
beforeEach(async () => {
  stage = new ChecksStage(await grown(3, { backup: { intervalMinutes: 0 } }));
});

const sightIn = async () => decodeSight(await stage.objects.readText(SIGHT));
const isQuiet = (codes: readonly string[]) =>
  codes.every((code) => code === 'versionBad' || code === 'versionEnded');

describe('a healthy cluster', () => {
  test('has no finding above a notice for ten minutes, and nothing is written but the sight', async () => {
    await stage.minutes(2);
    const effects = stage.world.effects.length;
    const found = await stage.minutes(10);
    expect(found.every(isQuiet)).toBe(true);
    expect(stage.memory.findings.every(({ severity }) => severity === 'notice')).toBe(true);
    expect(stage.world.effects.slice(effects)).toEqual([]);
    expect(stage.told).toEqual([]);
    expect((await sightIn())?.samples).toHaveLength(12);
  });

  test('has its figures told in every round', async () => {
    await stage.minutes(2);
    expect(stage.figures.at(-1)).toMatchObject({
      ChecksRan: 1,
      ChecksFailed: 0,
      FindingsCritical: 0,
      FindingsWarning: 0,
      Voters: 3,
      VotersAnswering: 3,
      HasLeader: 1,
    });
  });
});

describe('what goes wrong is found in the next round', () => {
  test('a voter that falls silent; told when it has lasted, and when it is over', async () => {
    await stage.round();
    const voter = followerOf(stage.world);
    stage.world.processOf(voter).up = false;
    expect(await stage.round()).toContain('voterSilent');
    expect(stage.told).toEqual([]);
    await stage.minutes(1);
    expect(stage.told.map(({ detailType }) => detailType)).toEqual(['Cluster Degraded']);
    stage.world.processOf(voter).up = true;
    await stage.minutes(2);
    expect(stage.told.map(({ detailType }) => detailType)).toEqual(['Cluster Degraded', 'Cluster Healthy']);
  });

  test('a lost quorum, at once; and the last word of the cluster stays', async () => {
    await stage.minutes(2);
    const before = await sightIn();
    for (const id of stage.world.voters()) stage.world.processOf(id).up = false;
    expect(await stage.round()).toContain('quorumUnknown');
    expect(stage.told).toMatchObject([
      { detailType: 'Cluster Degraded', detail: { findings: expect.arrayContaining(['quorumUnknown']) } },
    ]);
    expect(await sightIn()).toEqual(before);
  });

  test('a configuration that somebody broke: the round goes on without a world', async () => {
    await stage.round();
    stage.world.parameters.set(`${PATH}config`, 'x');
    expect(await stage.round()).toEqual(['configInvalid']);
  });

  test('a list that somebody edited: before membership saw it, and after it was put back', async () => {
    await stage.minutes(1);
    stage.world.parameters.set(`${PATH}endpoints`, 'http://10.9.9.9:2379');
    expect(await stage.round()).toContain('recordEdited');
    expect(stage.memory.findings).toMatchObject([
      { code: 'recordEdited', subject: 'endpoints', repair: 'repairing' },
      {},
      {},
    ]);
    await stage.world.pass();
    await stage.round();
    expect(stage.memory.findings[0]).toMatchObject({ subject: 'endpoints', repair: 'repaired' });
    expect(
      stage.told.map(({ detailType, detail }) => [detailType, detail['code'] ?? detail['parameter']]),
    ).toEqual([
      ['Drift Detected', 'recordEdited'],
      ['Drift Repaired', 'endpoints'],
    ]);
  });
});

describe('a hook that somebody deleted', () => {
  test('is put back as it was last seen, and told', async () => {
    const own = stage.settings.hooks.map((hook) => ({ ...hook, heartbeatSeconds: 900 }));
    stage.settings = { ...stage.settings, hooks: own };
    await stage.round();
    stage.settings = { ...stage.settings, hooks: own.filter(({ name }) => name !== HOOK.terminate) };
    expect(await stage.round()).toContain('hookMissing');
    expect(stage.settings.hooks).toEqual(expect.arrayContaining([...own]));
    expect(stage.memory.findings.find(({ code }) => code === 'hookMissing')?.repair).toBe('repaired');
    expect(stage.told).toMatchObject([{ detailType: 'Drift Repaired', detail: { subject: HOOK.terminate } }]);
    expect(isQuiet(await stage.round())).toBe(true);
  });

  test('stays a finding with its reason where it may not be put back', async () => {
    stage.settings = { ...stage.settings, hooks: [] };
    stage.failing.set('settings.putHook', denied);
    expect(await stage.round()).toEqual(expect.arrayContaining(['hookMissing', 'refused']));
    expect(stage.memory.findings.find(({ code }) => code === 'refused')?.text).toContain('AWS_DENIED');
  });
});

describe('what cannot be read or written', () => {
  test('is told, and hides nothing else', async () => {
    stage.failing.set('rules.listRules', denied);
    stage.failing.set('settings.read', denied);
    expect(await stage.round()).toContain('notReadable');
    expect((await sightIn())?.voters).toHaveLength(3);
  });

  test('a bucket that takes nothing is a finding: the loss of a recovery could not be stated', async () => {
    stage.failing.set('writeText', denied);
    expect(await stage.round()).toContain('sightUnwritten');
  });

  test('nothing is remembered where nobody could read what was', async () => {
    await stage.round();
    stage.world.failing.set('parameters.readAll', () => denied);
    const before = stage.world.parameters.get(`${PATH}checks`);
    await stage.round();
    expect(stage.world.parameters.get(`${PATH}checks`)).toBe(before);
    expect(stage.told).toEqual([]);
    expect(stage.lines.at(-1)).toMatchObject({
      event: 'pass.finished',
      outcome: 'failed',
      errorCode: 'AWS_DENIED',
    });
    expect(stage.figures.at(-1)).toMatchObject({ ChecksFailed: 1 });
  });

  test('what a newer version remembers is left as it is', async () => {
    const text = '{"version":9,"more":"of it"}';
    stage.world.parameters.set(`${PATH}checks`, text);
    stage.settings = { ...stage.settings, hooks: [] };
    await stage.round();
    expect(stage.world.parameters.get(`${PATH}checks`)).toBe(text);
    expect(stage.settings.hooks).toEqual([]);
  });
});

describe('whoever may not change anything', () => {
  test('a cluster that is being deleted is left alone', async () => {
    stage.world.parameters.set(`${PATH}teardown`, '{}');
    stage.settings = { ...stage.settings, hooks: [] };
    const effects = stage.world.effects.length;
    expect(await stage.round()).toEqual([]);
    expect(stage.world.effects.slice(effects)).toEqual([]);
    expect(stage.settings.hooks).toEqual([]);
    expect(await sightIn()).toBeNull();
  });

  test('a dry run finds, and writes nothing', async () => {
    const dry = new ChecksStage(stage.world, true);
    dry.settings = { ...dry.settings, hooks: [] };
    const effects = dry.world.effects.length;
    await dry.round();
    expect(dry.world.effects.slice(effects)).toEqual([]);
    expect(dry.figures.at(-1)).toMatchObject({ FindingsWarning: 2 });
    expect(dry.settings.hooks).toEqual([]);
  });
});

describe('messages', () => {
  test('one that nobody can read is kept, once, and the batch is done with', async () => {
    await stage.round('not json');
    await stage.round(undefined, 'Not A Cluster');
    expect(stage.world.looks.filter((look) => look.startsWith('unreadable'))).toHaveLength(2);
    expect(stage.figures).toEqual([{ MessageUnreadable: 1 }, { MessageUnreadable: 1 }]);
  });

  test('a bug of ours is told, and the batch is done with', async () => {
    stage.failing.set('settings.read', new Error('a bug'));
    await stage.round();
    expect(stage.lines.at(-1)).toMatchObject({ event: 'room.failed', errorCode: 'UNEXPECTED' });
  });
});

describe('doctor', () => {
  test('answers with everything that is found now, and changes nothing', async () => {
    stage.settings = { ...stage.settings, hooks: [] };
    const effects = stage.world.effects.length;
    const answer = await stage.doctor();
    expect(answer).toMatchObject({
      etcdAutopilot: 1,
      ok: true,
      request: 'doctor',
      cluster: 'core',
      degraded: false,
    });
    const codes = answer.ok ? answer.findings.map(({ code }) => code) : [];
    expect(codes.slice(0, 2)).toEqual(['hookMissing', 'hookMissing']);
    expect(stage.world.effects.slice(effects)).toEqual([]);
    expect(stage.settings.hooks).toEqual([]);
    expect(await sightIn()).toBeNull();
  });

  test('knows since when, from the rounds before, and shows the samples', async () => {
    stage.settings = { ...stage.settings, terminationPolicies: [] };
    await stage.minutes(3);
    const answer = await stage.doctor();
    const finding = answer.ok
      ? answer.findings.find(({ code }) => code === 'terminationPolicyMissing')
      : undefined;
    expect(Date.parse(finding?.since ?? '')).toBe(stage.world.nowMs - 180_000);
    expect(answer).toMatchObject({ degraded: true });
    expect(answer.ok ? answer.samples.length : 0).toBe(4);
  });

  test('refuses what it cannot answer, in one line', async () => {
    expect(await stage.doctor({})).toMatchObject({ ok: false, code: 'EVENT_MALFORMED' });
    stage.world.failing.set('parameters.readAll', () => denied);
    expect(await stage.doctor()).toMatchObject({ ok: false, code: 'AWS_DENIED' });
  });

  test('knows no cluster that has neither a group nor a parameter', async () => {
    stage.world.parameters.clear();
    stage.world.tags.clear();
    expect(await stage.doctor()).toMatchObject({ ok: false, code: 'AWS_GONE' });
  });
});
