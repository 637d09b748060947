import { invalid } from './kinds.ts';
import { S3_OPERATIONS } from './s3-call.ts';

/** The clients know every operation; they are loaded when somebody names one. */
const CLIENTS: Readonly<Record<string, () => Promise<object>>> = {
  autoscaling: () => import('@aws-sdk/client-auto-scaling'),
  cloudformation: () => import('@aws-sdk/client-cloudformation'),
  ec2: () => import('@aws-sdk/client-ec2'),
  events: () => import('@aws-sdk/client-eventbridge'),
  sqs: () => import('@aws-sdk/client-sqs'),
  ssm: () => import('@aws-sdk/client-ssm'),
};
/** Services whose requests do not name their operation, or of which no list is at hand. */
const WHOLE: readonly string[] = ['iam', 'kms', 'lambda', 'logs', 'monitoring', 'route53', 's3', 'sts'];
const ALIASES: Readonly<Record<string, string>> = { eventbridge: 'events', cloudwatch: 'monitoring' };
/** What the front server can tell by path and method. */
const BY_PATH: Readonly<Record<string, readonly string[]>> = { lambda: ['Invoke'], s3: S3_OPERATIONS };

/** What calls a fault is about. */
export interface ApiTarget {
  readonly service: string;
  /** Null: all. */
  readonly operation: string | null;
}

/** @throws {FleetError} `InvalidFault`: no such service or operation */
export async function apiTargetOf(target: string): Promise<ApiTarget> {
  const [given = '', wanted = '', ...rest] = target.split(':');
  const service = ALIASES[given.toLowerCase()] ?? given.toLowerCase();
  const services = [...Object.keys(CLIENTS), ...WHOLE].sort();
  if (rest.length > 0 || (wanted === '' && target.includes(':'))) {
    throw invalid(`"${target}" is neither <service> nor <service>:<Operation>`);
  }
  if (!services.includes(service)) throw invalid(`unknown service "${given}"; known: ${services.join(', ')}`);
  return { service, operation: wanted === '' ? null : await operationOf(service, wanted) };
}

async function operationOf(service: string, wanted: string): Promise<string> {
  const told = BY_PATH[service];
  const known = told ?? (await operationsOf(service));
  if (known.length === 0) {
    throw invalid(`single operations of ${service} cannot be told apart here: give ${service} alone`);
  }
  const found = known.find((name) => name.toLowerCase() === wanted.toLowerCase());
  if (found !== undefined) return found;
  if (told !== undefined)
    throw invalid(`of ${service}, only ${told.join(', ')} can be told apart here: give ${service} alone`);
  throw invalid(`${service} has no operation "${wanted}"${nearest(wanted, known)}`);
}

async function operationsOf(service: string): Promise<readonly string[]> {
  const names = Object.keys((await CLIENTS[service]?.()) ?? {});
  return names
    .filter((name) => /^[A-Z]\w*Command$/.test(name))
    .map((name) => name.slice(0, -'Command'.length));
}

/** Those that share a word with what was written. */
function nearest(wanted: string, known: readonly string[]): string {
  const near = known.filter((name) => name.toLowerCase().includes(wanted.toLowerCase())).slice(0, 5);
  return near.length > 0 ? `; did you mean ${near.join(', ')}?` : '';
}
