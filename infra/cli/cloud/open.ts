import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { Route53Client } from '@aws-sdk/client-route-53';
import { S3Client } from '@aws-sdk/client-s3';
import { SSMClient } from '@aws-sdk/client-ssm';
import { createObjectPort, OBJECT_CLIENT_SETTINGS } from '../../../functions/adapters/s3.ts';
import { clientSettings, type Environment } from './call.ts';
import { createChangeSetPort } from './change-sets.ts';
import { createGroupPort } from './groups.ts';
import { createParameterPort } from './parameters.ts';
import type { Cloud } from './ports.ts';
import { createStackPort } from './stacks.ts';
import { createZonePort } from './zones.ts';

/** Clients of the account and region that the environment names. */
export function openCloud(env: Environment): Cloud {
  const formation = new CloudFormationClient(clientSettings(env, 'CLOUDFORMATION'));
  const scaling = new AutoScalingClient(clientSettings(env, 'AUTO_SCALING'));
  const parameters = new SSMClient(clientSettings(env, 'SSM'));
  // Route 53 has one region, and does not ask which.
  const zones = new Route53Client({ region: 'us-east-1', ...clientSettings(env, 'ROUTE_53') });
  const objects = new S3Client({ ...OBJECT_CLIENT_SETTINGS, ...clientSettings(env, 'S3') });
  return {
    openBucket: (name) => createObjectPort(objects, name),
    stacks: createStackPort(formation),
    changeSets: createChangeSetPort(formation, () => `etcd-autopilot-${randomUUID()}`),
    groups: createGroupPort(scaling),
    parameters: createParameterPort(parameters),
    zones: createZonePort(zones),
    clock: { nowMs: Date.now, sleep: async (ms) => void (await sleep(ms)) },
    close: () => {
      for (const client of [formation, scaling, parameters, zones, objects]) client.destroy();
    },
  };
}
