import { describe, expect, test } from 'vitest';
import {
  DEFAULT_BACKUP,
  DEFAULT_CHECKS,
  DEFAULT_MAINTENANCE,
  RECOVERY_MODES,
} from '../../functions/core/care-settings.ts';
import { configFromProperties } from '../../functions/core/config.ts';
import { renderClusterTemplate } from '../../infra/build/render-cluster.ts';
import { at, isTree, NOTHING, readTemplate, unless } from './template-tree.ts';

const template = readTemplate(renderClusterTemplate());
const parameter = (name: string) => at(template, 'Parameters', name);
const config = (...path: readonly string[]) =>
  at(template, 'Resources', 'Registration', 'Properties', 'Config', ...path);
const entriesOf = (tree: unknown) => Object.entries(isTree(tree) ? tree : {});

/** The parameter that a setting of a cluster comes from, with what it is by default and at most. */
const settings = ['backup', 'maintenance', 'checks'].flatMap((part) =>
  entriesOf(config(part)).map(([name, value]) => ({ part, name, from: String(at(value, 'Ref')), value })),
);

describe('the settings of backups, maintenance, checks and recovery in the template of a cluster', () => {
  test('come from parameters, whose defaults are those of the settings', () => {
    const { bucket: _own, ...backup } = DEFAULT_BACKUP;
    const { bucket, ...given } = Object.fromEntries(
      settings.filter(({ part }) => part === 'backup').map(({ name, from }) => [name, from]),
    );
    expect(bucket).toBeDefined();
    const defaults = (names: Readonly<Record<string, string>>) =>
      Object.fromEntries(Object.entries(names).map(([name, from]) => [name, at(parameter(from), 'Default')]));
    const of = (part: string) =>
      Object.fromEntries(settings.filter((one) => one.part === part).map(({ name, from }) => [name, from]));
    expect(defaults(given)).toEqual(backup);
    expect(defaults(of('maintenance'))).toEqual({ ...DEFAULT_MAINTENANCE, defragment: 'true' });
    expect(defaults(of('checks'))).toEqual(DEFAULT_CHECKS);
    expect(config('backup', 'bucket')).toEqual({ 'Fn::If': ['HasBucket', { Ref: 'BackupBucket' }, NOTHING] });
    expect(config('recovery')).toEqual({ Ref: 'Recovery' });
    expect(parameter('Recovery')).toMatchObject({ Default: 'manual', AllowedValues: [...RECOVERY_MODES] });
  });

  test('have the limits of the settings, so that CloudFormation refuses what the registration would', () => {
    const limited = settings.filter(({ from }) => at(parameter(from), 'MaxValue') !== undefined);
    expect(limited.length).toBeGreaterThan(7);
    const accepts = (part: string, name: string, value: number) =>
      configFromProperties({ [part]: { [name]: value } }, 'stack').ok;
    for (const { part, name, from } of limited) {
      const [min, max] = ['MinValue', 'MaxValue'].map((limit) => Number(at(parameter(from), limit)));
      expect(accepts(part, name, max ?? 0), `${name} at most`).toBe(true);
      expect(accepts(part, name, (max ?? 0) + 1), `${name} above`).toBe(false);
      expect(accepts(part, name, min ?? 0), `${name} at least`).toBe(true);
      expect(accepts(part, name, (min ?? 0) - 1), `${name} below`).toBe(false);
    }
  });

  test('restore a snapshot only with what proves it, and snapshots only where some are taken', () => {
    expect(config('restoreFrom')).toEqual({
      'Fn::If': [
        'HasRestore',
        {
          uri: { Ref: 'RestoreFrom' },
          sha256: { Ref: 'RestoreSha256' },
          sizeBytes: { Ref: 'RestoreSizeBytes' },
        },
        NOTHING,
      ],
    });
    expect(at(template, 'Conditions', 'HasRestore')).toEqual(unless('RestoreFrom', 'none'));
    expect(at(template, 'Rules', 'SnapshotIsProved')).toMatchObject({
      RuleCondition: unless('RestoreFrom', 'none'),
      Assertions: [{ Assert: { 'Fn::And': [unless('RestoreSha256', ''), expect.anything()] } }],
    });
    expect(at(template, 'Rules', 'SnapshotsAreTaken')).toMatchObject({
      RuleCondition: { 'Fn::Equals': [{ Ref: 'Recovery' }, 'from-snapshot'] },
      Assertions: [{ Assert: { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'BackupIntervalMinutes' }, 0] }] } }],
    });
  });
});

describe('the alarms of a cluster', () => {
  const alarms = entriesOf(at(template, 'Resources'))
    .filter(([, resource]) => at(resource, 'Type') === 'AWS::CloudWatch::Alarm')
    .map(([name, resource]) => ({ name, properties: at(resource, 'Properties') }));

  test('are of this cluster only, and go to the topic that is named', () => {
    expect(alarms).toHaveLength(15);
    for (const { name, properties } of alarms) {
      const metrics = at(properties, 'Metrics');
      const own = isTree(metrics) ? at(metrics, 1, 'MetricStat', 'Metric') : properties;
      expect(own, name).toMatchObject({
        Namespace: 'EtcdAutopilot',
        Dimensions: [{ Name: 'cluster', Value: { Ref: 'Cluster' } }],
      });
      expect(at(properties, 'AlarmActions'), name).toEqual({
        'Fn::If': ['HasAlarmTopic', [{ Ref: 'AlarmTopicArn' }], NOTHING],
      });
    }
  });

  test('are raised when nobody looks or checks any more: silence is not health', () => {
    const breaching = alarms.filter(({ properties }) => at(properties, 'TreatMissingData') === 'breaching');
    expect(breaching.map(({ name }) => name)).toEqual(['SilenceAlarm', 'ChecksAlarm']);
    for (const { properties } of breaching) expect(at(properties, 'Statistic')).toBe('SampleCount');
  });

  test('are raised for a snapshot that is three intervals old, where snapshots are taken', () => {
    expect(at(template, 'Resources', 'BackupAlarm')).toMatchObject({
      Condition: 'HasBackups',
      Properties: {
        Metrics: [
          { Expression: { 'Fn::Sub': `age / (60 * \${BackupIntervalMinutes})` } },
          { Id: 'age', ReturnData: false },
        ],
        Threshold: 3,
        ComparisonOperator: 'GreaterThanThreshold',
      },
    });
    expect(at(template, 'Conditions', 'HasBackups')).toEqual({
      'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'BackupIntervalMinutes' }, 0] }],
    });
  });
});
