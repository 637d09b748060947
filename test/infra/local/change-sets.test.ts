import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CloudFormationClient,
  CreateChangeSetCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStackResourcesCommand,
} from '@aws-sdk/client-cloudformation';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { clientVariables } from '../../../infra/local/environment.ts';
import { cloudFormation, putStack, stackExists } from '../../../infra/local/stacks.ts';
import { run } from '../cli/run.ts';
import { openRegion } from './fixtures/region.ts';

let region: Awaited<ReturnType<typeof openRegion>>;
let formation: CloudFormationClient;
let dir = '';

const parameters = (...names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, { Type: 'String', Default: 'x' }]));
const keeper = (Value: unknown) => ({ Type: 'AWS::SSM::Parameter', Properties: { Type: 'String', Value } });

/** What a cluster's template is in small: something replaced by its text, what refers to it, and exports. */
const coreText = JSON.stringify({
  Parameters: {
    ...parameters('Cluster', 'AutopilotStack', 'VpcId', 'Text', 'Plain', 'Missing', 'Role'),
    SubnetIds: { Type: 'List<AWS::EC2::Subnet::Id>' },
    Size: { Type: 'Number', Default: 3 },
  },
  Conditions: {
    IsMissing: { 'Fn::Equals': [{ Ref: 'Missing' }, 'yes'] },
    IsLarge: { 'Fn::Equals': [{ Ref: 'Size' }, '7'] },
  },
  Resources: {
    Door: {
      Type: 'AWS::EC2::SecurityGroup',
      UpdateReplacePolicy: 'Retain',
      Properties: { GroupDescription: { Ref: 'Text' }, VpcId: { Ref: 'VpcId' } },
    },
    Named: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: { Ref: 'Door' } } },
    Note: keeper({ 'Fn::Sub': `\${Plain} \${Door.GroupId}` }),
    Large: { Condition: 'IsLarge', ...keeper('large') },
    Import: { Condition: 'IsMissing', ...keeper({ 'Fn::ImportValue': 'nobody-has-it' }) },
  },
  Outputs: {
    Door: { Value: { Ref: 'Door' }, Export: { Name: { 'Fn::Sub': `\${AWS::StackName}-Door` } } },
    Subnets: { Value: { 'Fn::Join': ['+', { Ref: 'SubnetIds' }] } },
  },
});

const workersText = JSON.stringify({
  Parameters: parameters('Cluster', 'CoreStack', 'Name'),
  Resources: { Note: keeper({ 'Fn::ImportValue': { 'Fn::Sub': `\${CoreStack}-Door` } }) },
});

const autopilotText = JSON.stringify({
  Resources: { Note: keeper('here') },
  Outputs: { VpcId: { Value: 'vpc-1' }, SubnetIds: { Value: 'subnet-1,subnet-2' } },
});

beforeAll(async () => {
  region = await openRegion();
  formation = cloudFormation(region);
  dir = mkdtempSync(join(tmpdir(), 'etcd-autopilot-templates-'));
  writeFileSync(join(dir, 'core.json'), coreText);
  writeFileSync(join(dir, 'workers.json'), workersText);
  for (const [name, value] of Object.entries(clientVariables(region.endpoint, region.region)))
    vi.stubEnv(name, value);
  await putStack(region, { name: 'etcd-autopilot', templateText: autopilotText });
}, 90_000);

afterAll(async () => {
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true, force: true });
  await region.close();
}, 20_000);

/** The command line, with the templates in small. */
const command = (args: readonly string[]) =>
  run(args, { env: clientVariables(region.endpoint, region.region) });
const core = (...args: readonly string[]) =>
  command([...args, '--template', join(dir, 'core.json'), '--yes']);
const workers = (...args: readonly string[]) =>
  command([...args, '--template', join(dir, 'workers.json'), '--yes']);

async function idOf(stack: string, logicalId: string): Promise<string | undefined> {
  const input = { StackName: stack, LogicalResourceId: logicalId };
  const answer = await formation.send(new DescribeStackResourcesCommand(input));
  return answer.StackResources?.[0]?.PhysicalResourceId;
}

describe('change sets', { timeout: 30_000 }, () => {
  test('a plan that is not carried out leaves no stack', async () => {
    const { code, out } = await core('launch', '--dry-run');
    expect(code).toBe(0);
    expect(out).toMatch(/add +Door/);
    expect(out).not.toContain('Large');
    expect(await stackExists(region, 'etcd-autopilot-core')).toBe(false);
  });

  test('a plan is carried out; its list of subnets is a list', async () => {
    const { code, out } = await core('launch', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      outcome: 'done',
      status: 'CREATE_COMPLETE',
      outputs: { Subnets: 'subnet-1+subnet-2' },
    });
  });

  test('nothing changed is nothing to change, with the words of the platform', async () => {
    expect(await core('update', 'core')).toMatchObject({
      code: 0,
      out: expect.stringContaining('nothing to change'),
    });
    const input = { StackName: 'etcd-autopilot-core', ChangeSetName: 'none' };
    await formation.send(
      new CreateChangeSetCommand({ ...input, TemplateBody: coreText, Parameters: subnets }),
    );
    expect(await formation.send(new DescribeChangeSetCommand(input))).toMatchObject({
      Status: 'FAILED',
      ExecutionStatus: 'UNAVAILABLE',
      StatusReason: expect.stringContaining("didn't contain changes"),
    });
  });

  const subnets = [
    { ParameterKey: 'SubnetIds', ParameterValue: 'subnet-1,subnet-2' },
    { ParameterKey: 'VpcId', ParameterValue: 'vpc-1' },
    { ParameterKey: 'Cluster', ParameterValue: 'core' },
    { ParameterKey: 'AutopilotStack', ParameterValue: 'etcd-autopilot' },
  ];

  test('a change in place is no replacement, of what comes by a condition neither', async () => {
    const { out } = await core('update', 'core', '--parameter', 'Plain=y', '--size', '7', '--dry-run');
    expect(out).toMatch(/^change +Note +AWS::SSM::Parameter +Value$/m);
    expect(out).toMatch(/^add +Large/m);
    expect(out).toContain('2 changes');
  });

  test('what is replaced is named with why, what refers to it may be; then it happens, and the old one is kept', async () => {
    const before = await idOf('etcd-autopilot-core', 'Door');
    const { code, out } = await core('update', 'core', '--parameter', 'Text=other');
    expect(code).toBe(0);
    expect(out).toMatch(/^REPLACE +Door .* GroupDescription$/m);
    expect(out).toMatch(/^MAY REPLACE +Named .* LogGroupName$/m);
    expect(out).toMatch(/^change +Note .* Value$/m);
    expect(out).toContain(`Door (${before}) is replaced because of GroupDescription: the old one stays`);
    const after = await idOf('etcd-autopilot-core', 'Door');
    expect(after).not.toBe(before);
    expect(await idOf('etcd-autopilot-core', 'Named')).toBe(after);
  });

  test('an export that nobody has fails the plan, and what was planned goes', async () => {
    const { code, err } = await core('launch', '-n', 'blue', '--parameter', 'Missing=yes');
    expect(code).toBe(2);
    expect(err).toContain('No export named nobody-has-it found');
    expect(await stackExists(region, 'etcd-autopilot-blue')).toBe(false);
  });

  test('a stack whose exports are imported is not deleted before those that import them', async () => {
    expect(await workers('launch-workers', '-n', 'web', '-j', 'core')).toMatchObject({ code: 0, err: '' });
    const refused = await command(['destroy', 'core', '--even-with-workers', '--yes']);
    expect(refused).toMatchObject({
      code: 2,
      err: expect.stringContaining('in use by etcd-autopilot-core-web'),
    });
    const ended = await command(['destroy', 'core', '--with-workers', '--yes', '--json']);
    expect(ended.code).toBe(0);
    expect(JSON.parse(ended.out)).toMatchObject({
      results: [
        { stack: 'etcd-autopilot-core-web' },
        { stack: 'etcd-autopilot-core', status: 'DELETE_COMPLETE' },
      ],
    });
  });

  test('a creation that failed keeps the name until it is deleted, which --replace-failed does', async () => {
    const rule = '{"Type":"AWS::Events::Rule","Properties":{"Name":"twice","EventPattern":{"source":["x"]}}}';
    const broken = coreText.replace('"Resources":{', `"Resources":{"One":${rule},"Two":${rule},`);
    writeFileSync(join(dir, 'broken.json'), broken);
    const launch = ['launch', '-n', 'red', '--yes', '--template'];
    const failed = await command([...launch, join(dir, 'broken.json')]);
    expect(failed).toMatchObject({
      code: 1,
      out: expect.stringContaining(
        'ended in ROLLBACK_COMPLETE\n  Two (AWS::Events::Rule): twice already exists',
      ),
    });
    const input = { StackName: 'etcd-autopilot-red', ChangeSetName: 'again', TemplateBody: coreText };
    const asNew = new CreateChangeSetCommand({ ...input, ChangeSetType: 'CREATE' });
    await expect(formation.send(asNew)).rejects.toThrow(
      'is in ROLLBACK_COMPLETE state and can not be updated',
    );
    await expect(formation.send(new CreateChangeSetCommand(input))).rejects.toThrow('can not be updated');
    expect(await command([...launch, join(dir, 'core.json')])).toMatchObject({ code: 2 });
    expect(await command([...launch, join(dir, 'core.json'), '--replace-failed'])).toMatchObject({ code: 0 });
  });

  test('a stack that is only planned is the same one for the next plan, and known by its id', async () => {
    const plan = (ChangeSetName: string) => {
      const input = { StackName: 'planned', ChangeSetName, ChangeSetType: 'CREATE' as const };
      return formation.send(new CreateChangeSetCommand({ ...input, TemplateBody: autopilotText }));
    };
    const [first, second] = [await plan('one'), await plan('two')];
    expect(second.StackId).toBe(first.StackId);
    await formation.send(new DeleteStackCommand({ StackName: first.StackId }));
    expect(await stackExists(region, 'planned')).toBe(false);
  });
});
