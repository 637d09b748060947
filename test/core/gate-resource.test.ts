import { describe, expect, test } from 'vitest';
import { type CfnRequest, parseCfnRequest } from '../../functions/core/cfn.ts';
import { encodeGateMessage, parseGateMessage } from '../../functions/core/gate/message.ts';
import { gateIdOf, readGateProperties, requestKeyOf } from '../../functions/core/gate-resource.ts';
import { gateEvent } from '../custom-resources/world.ts';

function requestOf(properties: Readonly<Record<string, unknown>>, changes = {}): CfnRequest {
  const parsed = parseCfnRequest(gateEvent('Create', properties, changes));
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.request;
}

const problemsOf = (properties: Readonly<Record<string, unknown>>): readonly string[] => {
  const parsed = readGateProperties(requestOf(properties));
  return parsed.ok ? [] : parsed.problems;
};

describe('the properties of a gate', () => {
  test('need a cluster and a serial; all else has its default', () => {
    expect(readGateProperties(requestOf({}))).toEqual({
      ok: true,
      gate: {
        cluster: 'core',
        require: {
          tolerance: 1,
          stableSeconds: null,
          voters: null,
          maxLag: null,
          snapshotMaxAgeSeconds: null,
          etcdVersion: null,
        },
        timeoutSeconds: 600,
      },
    });
  });

  test('S66 name a version that is asked about only where it is another one than before, also on its way through the queue', () => {
    const asked = (old: object | undefined, RequestType = 'Update') => {
      const changes = { RequestType, PhysicalResourceId: 'x', OldResourceProperties: old };
      const request = requestOf({ Require: { EtcdVersion: '3.6.14' } }, changes);
      const body = encodeGateMessage(request);
      const received = parseGateMessage({ body, attributes: {} });
      const again = received.ok ? readGateProperties(received.message.request) : null;
      expect(again).toEqual(readGateProperties(request));
      return again?.ok ? again.gate.require.etcdVersion : 'refused';
    };
    expect(asked({ Require: { EtcdVersion: '3.6.14' } })).toBeNull();
    expect(asked({ Require: { EtcdVersion: '3.5.30' } })).toBe('3.6.14');
    expect(asked({ Require: { Tolerance: '1' } })).toBe('3.6.14');
    expect(asked(undefined)).toBe('3.6.14');
    expect(asked({ Require: { EtcdVersion: '3.6.14' } }, 'Create')).toBe('3.6.14');
  });

  test('are read from text, as CloudFormation sends them', () => {
    const Require = {
      Tolerance: '0',
      StableSeconds: '30',
      Voters: '5',
      MaxLag: '0',
      SnapshotMaxAgeSeconds: '3600',
      EtcdVersion: '3.6.14',
    };
    expect(
      readGateProperties(requestOf({ Require, TimeoutSeconds: '1800', ServiceTimeout: '1860' })),
    ).toEqual({
      ok: true,
      gate: {
        cluster: 'core',
        require: {
          tolerance: 0,
          stableSeconds: 30,
          voters: 5,
          maxLag: 0,
          snapshotMaxAgeSeconds: 3_600,
          etcdVersion: '3.6.14',
        },
        timeoutSeconds: 1_800,
      },
    });
  });

  test.each([
    [{ Cluster: undefined }, 'Cluster must be a name'],
    [{ Cluster: 'Core' }, 'Cluster must be a name'],
    [{ Serial: undefined }, 'Serial is missing'],
    [{ Serial: '' }, 'Serial must be text of 1 to 1024 characters'],
    [{ Serial: 'x'.repeat(1_025) }, 'Serial must be text of 1 to 1024 characters'],
    [{ TimeoutSeconds: '29' }, 'TimeoutSeconds must be a whole number from 30 to 3600, got "29"'],
    [{ TimeoutSeconds: '3601' }, 'TimeoutSeconds must be a whole number from 30 to 3600, got "3601"'],
    [{ TimeoutSeconds: 'soon' }, 'TimeoutSeconds must be a whole number'],
    [{ ServiceTimeout: '89' }, 'ServiceTimeout must be a whole number from 90 to 3600, got "89"'],
    [{ Require: '3' }, 'Require must be an object, got "3"'],
    [{ Require: { Tolerance: '-1' } }, 'Require.Tolerance must be a whole number from 0 to 3'],
    [{ Require: { Tolerance: '4' } }, 'Require.Tolerance must be a whole number from 0 to 3'],
    [{ Require: { StableSeconds: '601' } }, 'Require.StableSeconds must be a whole number from 0 to 600'],
    [{ Require: { Voters: '0' } }, 'Require.Voters must be a whole number from 1 to 9'],
    [{ Require: { Voters: '10' } }, 'Require.Voters must be a whole number from 1 to 9'],
    [{ Require: { MaxLag: '1000001' } }, 'Require.MaxLag must be a whole number from 0 to 1000000'],
    [
      { Require: { SnapshotMaxAgeSeconds: '59' } },
      'Require.SnapshotMaxAgeSeconds must be a whole number from 60 to 2592000',
    ],
    [{ Require: { EtcdVersion: 'v3.6' } }, 'Require.EtcdVersion must be a version of etcd like "3.6.14"'],
    [{ Require: { Quorum: '2' } }, 'Require.Quorum is not a known setting'],
    [{ Timeout: '60' }, 'Timeout is not a known setting'],
  ])('that are missing, unknown or out of range are refused: %j', (properties, problem) => {
    expect(problemsOf(properties)).toEqual([expect.stringContaining(problem)]);
  });

  test.each([
    [{}, 600],
    [{ TimeoutSeconds: '3600' }, 3_540],
    [{ TimeoutSeconds: '3600', ServiceTimeout: '3600' }, 3_540],
    [{ TimeoutSeconds: '900', ServiceTimeout: '960' }, 900],
    [{ ServiceTimeout: '300' }, 240],
    [{ ServiceTimeout: '90' }, 30],
  ])(
    'let nobody wait as long as CloudFormation does, which would not hear the reason: %j',
    (properties, seconds) => {
      expect(readGateProperties(requestOf(properties))).toMatchObject({ gate: { timeoutSeconds: seconds } });
    },
  );

  test('are refused with all mistakes together', () => {
    const Require = { Voters: '0', Tolerance: '9', Hope: '1' };
    expect(problemsOf({ Cluster: '', Serial: '', TimeoutSeconds: '0', Require, Extra: 'x' })).toHaveLength(7);
  });
});

describe('the id of a gate', () => {
  test('is the same for every request about it, and another for another cluster or gate', () => {
    const id = gateIdOf('core', requestOf({}));
    expect(gateIdOf('core', requestOf({ Serial: '2' }, { RequestId: 'another' }))).toBe(id);
    expect(gateIdOf('edge', requestOf({}))).not.toBe(id);
    expect(gateIdOf('core', requestOf({}, { LogicalResourceId: 'AfterGate' }))).not.toBe(id);
  });
});

describe('the key of a request', () => {
  test('is that of the same request only, and fits a queue whatever it is made of', () => {
    const key = requestKeyOf(requestOf({}));
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    expect(requestKeyOf(requestOf({ Serial: '2' }))).toBe(key);
    for (const changes of [{ RequestId: 'r2' }, { StackId: 's2' }, { LogicalResourceId: 'l2' }])
      expect(requestKeyOf(requestOf({}, changes)), JSON.stringify(changes)).not.toBe(key);
    expect(requestKeyOf(requestOf({}, { RequestId: 'ä'.repeat(300) }))).toMatch(/^[0-9a-f]{64}$/);
  });
});
