import {
  type CloudFormationClient,
  CreateChangeSetCommand,
  DeleteChangeSetCommand,
  DescribeChangeSetCommand,
  type DescribeChangeSetOutput,
  ExecuteChangeSetCommand,
  type ResourceChange,
  type ResourceChangeDetail,
  type Change as VendorChange,
} from '@aws-sdk/client-cloudformation';
import { Failure } from '../failure.ts';
import type { Change, ChangeAction, ChangeCause, ChangeSet, Replacement } from '../stacks/change-set.ts';
import { allPages, calling } from './call.ts';
import type { ChangeSetPort, ChangeSetRequest } from './ports.ts';

/** The platform has two texts for it, and no code. */
const EMPTY = /didn't contain changes|No updates are to be performed/i;

/** `nameOf`: a change set's name, unique within its stack. */
export function createChangeSetPort(client: CloudFormationClient, nameOf: () => string): ChangeSetPort {
  return {
    make: (request) =>
      calling(
        'cloudformation:CreateChangeSet',
        `planning the changes of stack ${request.stack}`,
        async () => {
          const answer = await client.send(new CreateChangeSetCommand(inputOf(request, nameOf())));
          if (!answer.Id || !answer.StackId)
            throw new Failure('CloudFormation did not tell the id of the change set');
          return { id: answer.Id, stackId: answer.StackId };
        },
      ),
    look: ({ id }) =>
      calling('cloudformation:DescribeChangeSet', 'reading the planned changes', () => lookAt(client, id)),
    execute: ({ id }) =>
      calling('cloudformation:ExecuteChangeSet', 'starting the changes', async () => {
        await client.send(new ExecuteChangeSetCommand({ ChangeSetName: id }));
      }),
    discard: ({ id }) =>
      calling('cloudformation:DeleteChangeSet', 'discarding the planned changes', async () => {
        await client.send(new DeleteChangeSetCommand({ ChangeSetName: id }));
      }),
  };
}

function inputOf(request: ChangeSetRequest, ChangeSetName: string) {
  const given = [...request.given].map(([ParameterKey, ParameterValue]) => ({
    ParameterKey,
    ParameterValue,
  }));
  const kept = request.kept.map((ParameterKey) => ({ ParameterKey, UsePreviousValue: true }));
  return {
    StackName: request.stack,
    ChangeSetName,
    ChangeSetType: request.isNew ? ('CREATE' as const) : ('UPDATE' as const),
    Description: 'etcd-autopilot',
    Capabilities: ['CAPABILITY_IAM' as const],
    Parameters: [...given, ...kept],
    ...(request.templateText === null
      ? { UsePreviousTemplate: true }
      : { TemplateBody: request.templateText }),
  };
}

async function lookAt(client: CloudFormationClient, ChangeSetName: string): Promise<ChangeSet> {
  let first: DescribeChangeSetOutput | null = null;
  const changes = await allPages(async (NextToken) => {
    const answer = await client.send(new DescribeChangeSetCommand({ ChangeSetName, NextToken }));
    first ??= answer;
    return { items: answer.Changes ?? [], next: answer.NextToken };
  });
  return { ...stateOf(first ?? {}), changes: changes.flatMap(toChange) };
}

function stateOf({
  Status,
  ExecutionStatus,
  StatusReason,
}: DescribeChangeSetOutput): Pick<ChangeSet, 'state' | 'reason'> {
  const reason = StatusReason ?? '';
  if (Status === 'CREATE_COMPLETE' && ExecutionStatus === 'AVAILABLE') return { state: 'ready', reason };
  if (Status === 'FAILED') return { state: EMPTY.test(reason) ? 'empty' : 'failed', reason };
  if (/_IN_PROGRESS$|_PENDING$/.test(Status ?? '') || Status === 'CREATE_COMPLETE')
    return { state: 'pending', reason };
  return { state: 'failed', reason: reason || `it is in state ${Status ?? 'unknown'}` };
}

function toChange({ ResourceChange: change }: VendorChange): readonly Change[] {
  if (change === undefined) return [];
  return [
    {
      action: actionOf(change),
      logicalId: change.LogicalResourceId ?? '',
      type: change.ResourceType ?? '',
      physicalId: change.PhysicalResourceId || null,
      replacement: replacementOf(change),
      old: oldOf(change.PolicyAction),
      because: causesOf(change),
    },
  ];
}

const ACTIONS: Readonly<Record<string, ChangeAction>> = {
  Add: 'add',
  Modify: 'change',
  Remove: 'remove',
  Import: 'import',
};

const actionOf = ({ Action }: ResourceChange): ChangeAction => ACTIONS[Action ?? ''] ?? 'unknown';

/** Only "False" says no: what is not told of a change, or in a new word, may replace. */
function replacementOf({ Action, Replacement: told, PolicyAction }: ResourceChange): Replacement {
  if (Action === 'Add' || Action === 'Remove' || Action === 'Import') return 'no';
  if (told === 'True' || (told === undefined && PolicyAction?.startsWith('ReplaceAnd') === true))
    return 'yes';
  return told === 'False' ? 'no' : 'maybe';
}

function oldOf(policy: ResourceChange['PolicyAction']): Change['old'] {
  if (policy === 'Retain' || policy === 'ReplaceAndRetain') return 'kept';
  return policy === 'Snapshot' || policy === 'ReplaceAndSnapshot' ? 'snapshot' : 'deleted';
}

function causesOf({ Details, Scope }: ResourceChange): readonly ChangeCause[] {
  const detailed = (Details ?? []).map(causeOf);
  return detailed.length > 0 ? detailed : (Scope ?? []).map((name) => ({ name, replaces: 'no' as const }));
}

function causeOf({ Target, Evaluation }: ResourceChangeDetail): ChangeCause {
  const name = Target?.Name || Target?.Attribute || 'something';
  if (Target?.RequiresRecreation === undefined || Target.RequiresRecreation === 'Never')
    return { name, replaces: 'no' };
  const isCertain = Target.RequiresRecreation === 'Always' && Evaluation !== 'Dynamic';
  return { name, replaces: isCertain ? 'yes' : 'maybe' };
}
