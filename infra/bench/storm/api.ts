import type { AwsCall } from '../../../functions/adapters/aws-calls.ts';
import { Bucket, durationMsOf, LIMITS, type LimitName, limitOf } from './limits.ts';
import type { VirtualTime } from './virtual-time.ts';

/** As the SDK repeats what was throttled, with its settings in functions/adapters/aws-client.ts. */
const ATTEMPTS = 3;
const BACKOFF_MS = 500;

export interface CallCount {
  /** Requests that reached the service, those that it throttled among them. */
  requests: number;
  throttled: number;
}

/** By caller (a function, or the workers' boot scripts) and call. */
export type Counts = ReadonlyMap<string, ReadonlyMap<AwsCall, CallCount>>;

/** What the platform answers calls with: so many a second, no more, and each after its time. */
export class StormApi {
  #counts = new Map<string, Map<AwsCall, CallCount>>();
  readonly #time: VirtualTime;
  readonly #random: () => number;
  readonly #buckets = new Map<LimitName, Bucket>();

  constructor(time: VirtualTime, random: () => number) {
    this.#time = time;
    this.#random = random;
  }

  /**
   * One call, by default with the attempts of the SDK. `weight`: record sets of a change.
   *
   * @throws an error as the SDK throws it, when all attempts were throttled.
   */
  async call<Answer>(
    by: string,
    call: AwsCall,
    answer: () => { readonly items: number; readonly value: Answer },
    { weight = 0, attempts = ATTEMPTS }: { readonly weight?: number; readonly attempts?: number } = {},
  ): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      const isLet = this.#take(call, weight);
      this.#count(by, call, !isLet);
      if (isLet) {
        const answered = attemptOf(answer);
        await this.#time.sleep(durationMsOf(call, answered.ok ? answered.items : 0));
        if (!answered.ok) throw answered.error;
        return answered.value;
      }
      await this.#time.sleep(durationMsOf(call, 0));
      if (attempt >= attempts) throw throttling(call);
      await this.#time.sleep(this.#random() * BACKOFF_MS * 2 ** (attempt - 1));
    }
  }

  /** What was counted since it was last taken. */
  takeCounts(): Counts {
    const taken = this.#counts;
    this.#counts = new Map();
    return taken;
  }

  #take(call: AwsCall, weight: number): boolean {
    const name = limitOf(call);
    const nowMs = this.#time.nowMs();
    const isLet = name === null || this.#bucket(name).take(nowMs);
    return isLet && (weight === 0 || this.#bucket('recordChanges').take(nowMs, weight));
  }

  #bucket(name: LimitName): Bucket {
    const bucket = this.#buckets.get(name) ?? new Bucket(LIMITS[name]);
    this.#buckets.set(name, bucket);
    return bucket;
  }

  #count(by: string, call: AwsCall, isThrottled: boolean): void {
    const calls = this.#counts.get(by) ?? new Map<AwsCall, CallCount>();
    this.#counts.set(by, calls);
    const count = calls.get(call) ?? { requests: 0, throttled: 0 };
    calls.set(call, count);
    count.requests += 1;
    if (isThrottled) count.throttled += 1;
  }
}

/** What a service refuses is known to who asked only after the call. */
function attemptOf<Answer>(answer: () => { readonly items: number; readonly value: Answer }) {
  try {
    return { ok: true, ...answer() } as const;
  } catch (error) {
    return { ok: false, error } as const;
  }
}

const throttling = (call: AwsCall): Error =>
  Object.assign(new Error(`${call}: Rate exceeded`), {
    name: 'ThrottlingException',
    $fault: 'client',
    $metadata: { httpStatusCode: 400 },
  });

/** Requests of one caller, or of all of them, by service. */
export function requestsByService(
  counts: Counts,
  callers: readonly string[],
): ReadonlyMap<string, CallCount> {
  const services = new Map<string, CallCount>();
  for (const [by, calls] of counts) {
    if (!callers.includes(by)) continue;
    for (const [call, { requests, throttled }] of calls) {
      const service = call.split(':')[0] ?? call;
      const sum = services.get(service) ?? { requests: 0, throttled: 0 };
      services.set(service, sum);
      sum.requests += requests;
      sum.throttled += throttled;
    }
  }
  return services;
}
