import { FleetError } from './model.ts';
import type { TargetGroup } from './target-check.ts';
import type { TargetPort } from './targets.ts';

const VERSION = '2015-12-01';

/** The load balancers of the stage, by the same Query API that everybody has. */
export function connectTargets(endpoint: string): TargetPort {
  const one = (arn: string, id: string) => ({ TargetGroupArn: arn, 'Targets.member.1.Id': id });
  return {
    targetGroup: async (arn) =>
      readTargetGroup(await ask(endpoint, 'DescribeTargetGroups', { 'TargetGroupArns.member.1': arn }), arn),
    register: async (arn, id) => void (await ask(endpoint, 'RegisterTargets', one(arn, id))),
    deregister: async (arn, id) => void (await ask(endpoint, 'DeregisterTargets', one(arn, id))),
  };
}

async function ask(
  endpoint: string,
  action: string,
  fields: Readonly<Record<string, string>>,
): Promise<string> {
  const body = new URLSearchParams({ Action: action, Version: VERSION, ...fields });
  const answer = await fetch(endpoint, { method: 'POST', body, signal: AbortSignal.timeout(10_000) });
  const xml = await answer.text();
  if (answer.ok) return xml;
  throw new FleetError(textOf(xml, 'Code') ?? 'InternalFailure', textOf(xml, 'Message') ?? xml);
}

function readTargetGroup(xml: string, arn: string): TargetGroup {
  const number = (name: string, fallback: number): number => Number(textOf(xml, name) ?? fallback);
  if (textOf(xml, 'TargetGroupArn') === null)
    throw new FleetError('ValidationError', `Target group '${arn}' not found`);
  const checkPort = Number(textOf(xml, 'HealthCheckPort'));
  return {
    port: checkPort > 0 ? checkPort : number('Port', 80),
    checksHttp: textOf(xml, 'HealthCheckProtocol') === 'HTTP',
    path: textOf(xml, 'HealthCheckPath') ?? '/',
    codes: textOf(xml, 'HttpCode') ?? '200',
    timeoutMs: number('HealthCheckTimeoutSeconds', 5) * 1_000,
    healthyCount: number('HealthyThresholdCount', 5),
    unhealthyCount: number('UnhealthyThresholdCount', 2),
  };
}

function textOf(xml: string, name: string): string | null {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? null;
}
