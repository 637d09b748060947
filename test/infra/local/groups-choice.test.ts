import { describe, expect, test } from 'vitest';
import { chooseByPolicies, placesInOrder } from '../../../infra/local/fleet/choice.ts';
import type { Group, Instance } from '../../../infra/local/fleet/model.ts';
import { newGroup } from '../../../infra/local/fleet/settings.ts';

const MINUTE_MS = 60_000;

interface Wish {
  readonly id: string;
  readonly ageMinutes: number;
  readonly version: string;
  readonly zone?: string;
  readonly template?: string;
}

function groupOf(wishes: readonly Wish[], zones: readonly string[] = ['a']): Group {
  const places = zones.map((zone) => ({ zone, subnetId: '', vpcId: '' }));
  const template = { id: '', name: 'own', version: '$Latest' };
  const group = newGroup('g', 'arn', template, places, { MinSize: 0, MaxSize: 9 });
  group.instances = wishes.map((wish) => instanceOf(wish));
  return group;
}

function instanceOf({ id, ageMinutes, version, zone = 'a', template = 'own' }: Wish): Instance {
  const place = { zone, subnetId: '', vpcId: '' };
  return {
    id,
    groupName: 'g',
    address: '127.41.44.1',
    place,
    template: {
      id: `lt-${template}`,
      name: template,
      version,
      userDataText: '',
      imageId: 'ami-local',
      instanceType: 't3.micro',
      profile: null,
    },
    launchedAtMs: Date.now() - ageMinutes * MINUTE_MS,
    tags: [],
    state: 'InService',
    ec2State: 'running',
    health: 'Healthy',
    notice: null,
    protectedFromScaleIn: false,
    inServiceAtMs: Date.now(),
    terminatedAtMs: null,
    actions: [],
    activity: {
      id: 'a',
      groupName: 'g',
      instanceId: id,
      description: '',
      cause: '',
      place,
      startedAtMs: 0,
      endedAtMs: 0,
      status: 'Successful',
      message: '',
    },
  };
}

function chosen(group: Group, policies: readonly string[], count = 1): readonly string[] {
  return chooseByPolicies(group, count, group.instances, policies).map((one) => one.id);
}

describe('of one zone', () => {
  const group = groupOf([
    { id: 'oldest', ageMinutes: 130, version: '3' },
    { id: 'hour', ageMinutes: 119, version: '3' },
    { id: 'template', ageMinutes: 70, version: '1' },
    { id: 'newest', ageMinutes: 5, version: '2' },
  ]);

  test.each([
    ['OldestInstance', 'oldest'],
    ['NewestInstance', 'newest'],
    ['OldestLaunchTemplate', 'template'],
    ['ClosestToNextInstanceHour', 'hour'],
    ['Default', 'template'],
    ['AllocationStrategy', 'oldest'],
    ['OldestLaunchConfiguration', 'oldest'],
  ])('%s takes the %s', (policy, id) => {
    expect(chosen(group, [policy])).toEqual([id]);
  });

  test('the default policy looks at the billing hour among instances of one template version', () => {
    const equals = groupOf([
      { id: 'oldest', ageMinutes: 130, version: '1' },
      { id: 'hour', ageMinutes: 119, version: '1' },
    ]);
    expect(chosen(equals, ['Default'])).toEqual(['hour']);
  });

  test('an instance of another template is older than every version of the own', () => {
    const mixed = groupOf([
      { id: 'own', ageMinutes: 9, version: '1' },
      { id: 'other', ageMinutes: 5, version: '7', template: 'other' },
    ]);
    expect(chosen(mixed, ['OldestLaunchTemplate'])).toEqual(['other']);
  });

  test('a policy that knows no difference leaves the choice to the next', () => {
    const equals = groupOf([
      { id: 'old', ageMinutes: 9, version: '1' },
      { id: 'new', ageMinutes: 5, version: '1' },
    ]);
    expect(chosen(equals, ['OldestLaunchTemplate', 'NewestInstance'])).toEqual(['new']);
  });
});

describe('of several zones', () => {
  const group = groupOf(
    [
      { id: 'a1', ageMinutes: 9, version: '1' },
      { id: 'a2', ageMinutes: 8, version: '1' },
      { id: 'a3', ageMinutes: 7, version: '1' },
      { id: 'b1', ageMinutes: 50, version: '1', zone: 'b' },
    ],
    ['b', 'a', 'c'],
  );

  test('the fullest come first, one instance at a time', () => {
    expect(chosen(group, ['OldestInstance'], 3)).toEqual(['a1', 'a2', 'b1']);
  });

  test('a zone whose instances are all out of choice does not hold the others up', () => {
    const candidates = group.instances.filter((one) => one.id === 'b1');
    expect(chooseByPolicies(group, 2, candidates, ['Default']).map((one) => one.id)).toEqual(['b1']);
  });

  test('the next instance is launched in the emptiest, the first of equals', () => {
    expect(placesInOrder(group).map((place) => place.zone)).toEqual(['c', 'b', 'a']);
  });
});
