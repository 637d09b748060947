import { describe, expect, test } from 'vitest';
import { NO_MEMORY } from '../../../functions/core/memory.ts';
import type { Action } from '../../../functions/core/plan/plan.ts';
import { firstRow } from '../../../functions/core/plan/row.ts';
import { id, member, memberId } from '../../support/observations.ts';
import { openTicket, peerUrl } from '../../support/tickets.ts';

const hook = { groupName: 'g', hookName: 'h', instanceId: id(1) };
const ticket: Action = { kind: 'writeTicket', ticket: openTicket(member(4)) };
const memory: Action = { kind: 'remember', memory: NO_MEMORY };
const endpoints: Action = { kind: 'publishList', list: 'endpoints', text: 'a' };
const peers: Action = { kind: 'publishList', list: 'peers', text: 'b' };
const release: Action = { kind: 'answerHook', hook, result: 'CONTINUE', because: 'votes' };
const abandon: Action = { kind: 'answerHook', hook, result: 'ABANDON', because: 'joinFailed' };
const promote: Action = { kind: 'promoteLearner', memberId: memberId(4), instanceId: id(4) };
const LOUD: readonly Action[] = [
  promote,
  abandon,
  { kind: 'claimCluster', number: 1, members: {} },
  { kind: 'tagGroup', groupName: 'g', number: 1 },
  { kind: 'addLearner', instanceId: id(4), peerUrl: peerUrl(4) },
  {
    kind: 'removeMember',
    memberId: memberId(1),
    instanceId: id(1),
    peerUrl: peerUrl(1),
    because: 'terminating',
  },
  { kind: 'moveLeader', from: memberId(1), to: memberId(2), leaderUrl: 'u' },
  { kind: 'reportUnhealthy', instanceId: id(1), memberId: memberId(1), because: 'silent' },
  { kind: 'endInstance', instanceId: id(1), memberId: memberId(1), because: 'silent' },
  { kind: 'cancelRefresh', groupName: 'g', instanceId: id(1), launchedAtMs: 1 },
  { kind: 'removeParameters', names: ['members/x'], because: 'instanceGone' },
];
const told: Action = {
  kind: 'signalStack',
  stackName: 's',
  logicalId: 'g',
  instanceId: id(4),
  status: 'SUCCESS',
  because: 'steady',
};

describe('what may be done on one look', () => {
  test('is everything in a row that writes down, tells and lets go', () => {
    const row = [ticket, memory, endpoints, peers, release, release, told];
    expect(firstRow(row)).toEqual(row);
  });

  test.each(LOUD.map((action) => [action.kind, action] as const))(
    'is %s alone, and nothing from there on when it comes later',
    (_kind, action) => {
      expect(firstRow([action, endpoints])).toEqual([action]);
      expect(firstRow([action, action])).toEqual([action]);
      expect(firstRow([ticket, memory, action, endpoints])).toEqual([ticket, memory]);
    },
  );

  test('is one writing of memory: the second was made from what the first one changes', () => {
    expect(firstRow([memory, endpoints, memory, peers])).toEqual([memory, endpoints]);
  });

  test('is nothing of nothing', () => {
    expect(firstRow([])).toEqual([]);
  });
});
