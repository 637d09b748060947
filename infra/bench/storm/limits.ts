import type { AwsCall } from '../../../functions/adapters/aws-calls.ts';

/** A token bucket, as the platform limits calls: so many at once, and so many a second for ever. */
export class Bucket {
  readonly #capacity: number;
  readonly #perSecond: number;
  #tokens: number;
  #seenMs: number | null = null;

  constructor({ capacity, perSecond }: Pick<Limit, 'capacity' | 'perSecond'>) {
    this.#capacity = capacity;
    this.#perSecond = perSecond;
    this.#tokens = capacity;
  }

  /** Takes `count` tokens if they are there. */
  take(nowMs: number, count = 1): boolean {
    const passedMs = nowMs - (this.#seenMs ?? nowMs);
    this.#seenMs = nowMs;
    this.#tokens = Math.min(this.#capacity, this.#tokens + (passedMs / 1_000) * this.#perSecond);
    if (this.#tokens < count) return false;
    this.#tokens -= count;
    return true;
  }
}

export interface Limit {
  readonly about: string;
  readonly capacity: number;
  readonly perSecond: number;
  /** Where the numbers come from, in words for the page. */
  readonly source: string;
}

/** Per account and region, with nobody else in the account. */
export const LIMITS = {
  route53: {
    about: 'Route 53, all calls',
    capacity: 50,
    perSecond: 10,
    source: 'documented',
  },
  recordChanges: {
    about: 'Route 53, record sets in changes',
    capacity: 1_500,
    perSecond: 100,
    source: 'documented',
  },
  ssmWrites: {
    about: 'Parameter Store, writes',
    capacity: 3,
    perSecond: 3,
    source: 'documented default',
  },
  ssmReads: {
    about: 'Parameter Store, reads',
    capacity: 40,
    perSecond: 40,
    source: 'documented default',
  },
  ec2: {
    about: 'EC2, describing',
    capacity: 50,
    perSecond: 10,
    source: 'documented for calls without pages and filters, the smallest of its buckets',
  },
  autoscaling: {
    about: 'Auto Scaling, all calls',
    capacity: 50,
    perSecond: 10,
    source: 'one bucket for all calls is documented, its size is not: taken as small as that of EC2',
  },
} as const satisfies Readonly<Record<string, Limit>>;

export type LimitName = keyof typeof LIMITS;

/** The bucket that a call is taken from; `null`: it is not limited at this scale. */
export function limitOf(call: AwsCall): LimitName | null {
  if (call === 'ssm:PutParameter' || call === 'ssm:DeleteParameters') return 'ssmWrites';
  const limits: Readonly<Record<string, LimitName>> = {
    route53: 'route53',
    ssm: 'ssmReads',
    ec2: 'ec2',
    autoscaling: 'autoscaling',
  };
  return limits[call.split(':')[0] ?? ''] ?? null;
}

/**
 * How long a call takes, with the function's own time to read the answer: rounded up from what is
 * usual within a region. What EC2 tells of 500 instances was measured to cost a small function a second.
 */
export function durationMsOf(call: AwsCall, items: number): number {
  if (call === 'ec2:DescribeInstances') return 60 + 2 * items;
  if (call === 'autoscaling:DescribeAutoScalingGroups') return 60 + items / 2;
  if (call === 'route53:ChangeResourceRecordSets') return 150 + items / 5;
  return call.startsWith('route53:') ? 80 : 40;
}

/** Until the name servers of Route 53 have a change: it says "usually within 60 seconds". */
export const SYNC_MS = 30_000;
