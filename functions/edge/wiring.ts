import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { Route53Client } from '@aws-sdk/client-route-53';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import { createScalingPort } from '../adapters/autoscaling.ts';
import { createJoinedPort } from '../adapters/autoscaling-joined.ts';
import type { OnCall } from '../adapters/aws-calls.ts';
import { CLIENT_SETTINGS } from '../adapters/aws-client.ts';
import { createStackPort } from '../adapters/cloudformation.ts';
import { createStackStatusPort } from '../adapters/cloudformation-status.ts';
import { createMachinePort } from '../adapters/ec2.ts';
import { createNoticePort } from '../adapters/ec2-endings.ts';
import { createHostPort } from '../adapters/ec2-hosts.ts';
import { createEventPort } from '../adapters/eventbridge.ts';
import { createZoneLookup, createZonePort } from '../adapters/route53.ts';
import { createQueuePort } from '../adapters/sqs.ts';
import { createGateQueuePort } from '../adapters/sqs-gate.ts';
import { createParameterPort } from '../adapters/ssm.ts';
import { createSecretPort } from '../adapters/ssm-secrets.ts';
import type { SecretPort } from '../core/access.ts';
import type { ZoneLookup, ZonePort } from '../core/dns/zone-port.ts';
import type { GateQueuePort, StackStatusPort } from '../core/gate/ports.ts';
import type { HostPort, NoticePort } from '../core/hosts.ts';
import type { JoinedPort } from '../core/joined-port.ts';
import type { EventPort, MachinePort, ParameterPort, QueuePort, ScalingPort } from '../core/ports.ts';
import type { StackPort } from '../core/stack-port.ts';
import type { Environment, RegistrationEnvironment } from './environment.ts';

export interface RegistrationPorts {
  readonly parameters: ParameterPort;
  readonly queue: QueuePort;
}

export interface AwsPorts extends RegistrationPorts {
  readonly scaling: ScalingPort;
  readonly machines: MachinePort;
  readonly stacks: StackPort;
  readonly events: EventPort;
  readonly secrets: SecretPort;
}

/** What the custom resources reach beside that: the queues of who publishes and of the gates, and what is in a zone. */
export interface ResourcePorts extends RegistrationPorts {
  readonly dnsQueue: QueuePort;
  readonly registryQueue: QueuePort;
  readonly gateQueue: GateQueuePort;
  readonly stackStatus: StackStatusPort;
  readonly zones: ZoneLookup;
}

export function connectResources(environment: RegistrationEnvironment, onCall?: OnCall): ResourcePorts {
  const client = new SQSClient(CLIENT_SETTINGS);
  const queueOf = (queueUrl: string): QueuePort =>
    createQueuePort(client, { ...environment, queueUrl }, onCall);
  return {
    ...connectRegistration(environment, onCall),
    dnsQueue: queueOf(environment.dnsQueueUrl),
    registryQueue: queueOf(environment.registryQueueUrl),
    gateQueue: createGateQueuePort(client, environment.gateQueueUrl, onCall),
    stackStatus: createStackStatusPort(new CloudFormationClient(CLIENT_SETTINGS), onCall),
    zones: createZoneLookup(new Route53Client(CLIENT_SETTINGS), onCall),
  };
}

/** What every function reaches. Region, credentials and endpoint come from the Lambda runtime. */
export function connectRegistration(environment: Environment, onCall?: OnCall): RegistrationPorts {
  return {
    parameters: createParameterPort(new SSMClient(CLIENT_SETTINGS), onCall),
    queue: createQueuePort(new SQSClient(CLIENT_SETTINGS), environment, onCall),
  };
}

/** Everything of AWS that membership reaches; once per cold start, so that connections are kept. */
export function connectAws(environment: Environment, onCall?: OnCall): AwsPorts {
  return {
    ...connectRegistration(environment, onCall),
    scaling: createScalingPort(new AutoScalingClient(CLIENT_SETTINGS), onCall),
    machines: createMachinePort(new EC2Client(CLIENT_SETTINGS), onCall),
    stacks: createStackPort(new CloudFormationClient(CLIENT_SETTINGS), onCall),
    secrets: createSecretPort(new SSMClient(CLIENT_SETTINGS), onCall),
    events: createEventPort(new EventBridgeClient(CLIENT_SETTINGS), onCall),
  };
}

/** What both functions reach that publish instances: groups, their instances' addresses, their own state. */
export interface JoinedPorts extends RegistrationPorts {
  readonly joined: JoinedPort;
  readonly hosts: HostPort;
  readonly notices: NoticePort;
}

export interface DnsPorts extends JoinedPorts {
  readonly zones: ZonePort;
}

export interface RegistryPorts extends JoinedPorts {
  readonly secrets: SecretPort;
}

/** Everything of AWS that dns reaches. Route 53 is global: its client finds it from any region. */
export function connectDns(environment: Environment, onCall?: OnCall): DnsPorts {
  return {
    ...connectJoined(environment, onCall),
    zones: createZonePort(new Route53Client(CLIENT_SETTINGS), onCall),
  };
}

/** Everything of AWS that registry reaches; etcd comes apart (connect-etcd.ts). */
export function connectRegistry(environment: Environment, onCall?: OnCall): RegistryPorts {
  return {
    ...connectJoined(environment, onCall),
    secrets: createSecretPort(new SSMClient(CLIENT_SETTINGS), onCall),
  };
}

const connectJoined = (environment: Environment, onCall?: OnCall): JoinedPorts => ({
  ...connectRegistration(environment, onCall),
  joined: createJoinedPort(new AutoScalingClient(CLIENT_SETTINGS), onCall),
  hosts: createHostPort(new EC2Client(CLIENT_SETTINGS), onCall),
  notices: createNoticePort(new EC2Client(CLIENT_SETTINGS), onCall),
});
