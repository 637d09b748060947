import { parseCfnRequest } from '../../../functions/core/cfn.ts';
import { OperationError } from '../../../functions/core/errors.ts';
import { encodeGateMessage } from '../../../functions/core/gate/message.ts';
import type { GatePorts } from '../../../functions/edge/wiring-gate.ts';
import { type GateRoom, workOnBatch } from '../../../functions/gate/room.ts';
import { Killed } from '../world/function-life.ts';
import { CLUSTER } from '../world/state.ts';
import type { GatesWorld } from './gates-world.ts';
import { suffer } from './suffer.ts';

export interface GateAnswer {
  readonly status: 'SUCCESS' | 'FAILED';
  readonly reason: string;
}

interface Waiting {
  readonly id: string;
  readonly body: string;
  readonly sentAtMs: number;
  readonly timeoutSeconds: number;
  readonly onAnswer: (answer: GateAnswer) => void;
  receives: number;
  lateReceives: number;
  dueAtMs: number;
  isBusy: boolean;
  isDone: boolean;
  answer: GateAnswer | null;
}

const VISIBILITY_MS = 30_000;
const FUNCTION_MS = 20_000;
/** After its time is over: one that is killed, one that is not heard, one whose reply is lost, and what faults add. */
const LATE_RECEIVES_MAX = 8;
const BLAMED_AFTER_MS = 30_000;

/** CloudFormation's requests to gates, in their queue, worked on by the real function. */
export class GateRequests {
  readonly #world: GatesWorld;
  readonly #waiting: Waiting[] = [];
  readonly counts = { whole: 0, waved: 0, other: 0, refused: 0, repeated: 0, killed: 0 };
  #serial = 0;
  /** The reply to the next answer is lost. */
  losesReply = false;
  /** The function is killed right after so many of its calls from now. */
  killAfterCalls = Number.POSITIVE_INFINITY;
  /** What CloudFormation says of the stack. */
  stackStatus = 'UPDATE_IN_PROGRESS';

  constructor(world: GatesWorld) {
    this.#world = world;
  }

  get openCount(): number {
    return this.#waiting.filter(({ answer }) => answer === null).length;
  }

  ask(timeoutSeconds: number, onAnswer: (answer: GateAnswer) => void): void {
    this.#serial += 1;
    const id = `request-${this.#serial}`;
    const parsed = parseCfnRequest({
      RequestType: 'Update',
      ResourceType: 'Custom::EtcdGate',
      ResponseURL: `https://answers.example/${id}`,
      StackId: 'stack',
      RequestId: id,
      LogicalResourceId: 'Gate',
      PhysicalResourceId: 'gate',
      ResourceProperties: { Cluster: CLUSTER, TimeoutSeconds: String(timeoutSeconds), Serial: id },
    });
    if (!parsed.ok) throw new Error(parsed.reason);
    const { nowMs } = this.#world;
    const rest = { receives: 0, lateReceives: 0, dueAtMs: nowMs, isBusy: false, isDone: false, answer: null };
    const body = encodeGateMessage(parsed.request);
    this.#waiting.push({ id, body, sentAtMs: nowMs, timeoutSeconds, onAnswer, ...rest });
  }

  tick(): void {
    for (const one of this.#waiting) {
      if (one.isBusy || one.isDone || this.#world.nowMs < one.dueAtMs) continue;
      this.#receive(one);
    }
  }

  unfinished(): readonly string[] {
    return this.#waiting.filter(({ isDone }) => !isDone).map(({ id }) => `${id} waits at its gate`);
  }

  #receive(one: Waiting): void {
    const world = this.#world;
    one.isBusy = true;
    one.receives += 1;
    one.dueAtMs = world.nowMs + VISIBILITY_MS;
    this.#judgeTime(one);
    world.errands.start(async () => {
      try {
        const endsAtMs = world.nowMs + FUNCTION_MS;
        const record = {
          messageId: one.id,
          body: one.body,
          attributes: {
            SentTimestamp: String(one.sentAtMs),
            ApproximateReceiveCount: String(one.receives),
          },
        };
        const context = { getRemainingTimeInMillis: () => Math.max(0, endsAtMs - world.nowMs) };
        const life = new Life();
        const work = workOnBatch(this.#room(one, life), [record], Object(context));
        const { batchItemFailures } = await Promise.race([work, life.killed]);
        one.isDone = batchItemFailures.length === 0;
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
      } finally {
        one.isBusy = false;
      }
    });
  }

  #room(one: Waiting, life: Life): GateRoom {
    const world = this.#world;
    const call = <Answer>(name: string, work: () => Answer): Promise<Answer> => this.#call(life, name, work);
    const ports: GatePorts = {
      named: { read: (names) => call('parameters.readNamed', () => world.readNamed(names)) },
      stackStatus: { statusOf: () => call('stacks.statusOf', () => this.stackStatus) },
      queue: {
        askForLook: (_cluster, body) => call('queue.askForLook', () => world.askForLook(body)),
        keepUnreadable: async () => undefined,
      },
    };
    return {
      connect: () => ports,
      clock: world.errands.clock,
      logger: Object({ debug: quiet, info: quiet, warn: quiet, error: quiet }),
      metrics: Object({ emit: quiet }),
      postAnswer: (_request, { status, reason }) =>
        call('answers.put', () => {
          this.#hear(one, { status, reason });
          if (!this.losesReply) return;
          this.losesReply = false;
          throw new OperationError('ANSWER_UNDELIVERED', 'nextLook', 'the reply was lost');
        }),
    };
  }

  /** One call of the function; where it is killed, nothing of it runs on. */
  async #call<Answer>(life: Life, name: string, work: () => Answer): Promise<Answer> {
    if (life.isOver) return never();
    suffer(this.#world, name);
    this.killAfterCalls -= 1;
    const isKilled = this.killAfterCalls <= 0;
    try {
      return work();
    } finally {
      if (isKilled) {
        this.killAfterCalls = Number.POSITIVE_INFINITY;
        this.counts.killed += 1;
        life.end();
        await never();
      }
    }
  }

  /**
   * T3: the first answer counts (a later one is heard by nobody), and is not given while the cluster was weak at any
   * look that it could come from.
   */
  #hear(one: Waiting, answer: GateAnswer): void {
    const world = this.#world;
    if (one.answer !== null) {
      this.counts.repeated += 1;
      return;
    }
    one.answer = answer;
    world.truth.sample(world);
    const isJudged = answer.status === 'SUCCESS' && /is whole/.test(answer.reason);
    const weakMs = world.nowMs - world.truth.heldAtMs;
    if (isJudged && weakMs > BLAMED_AFTER_MS)
      world.break('T3', `${one.id} passes its gate, and the cluster has been weak for ${weakMs} ms`);
    const isWaved = answer.status === 'SUCCESS' && /was not judged/.test(answer.reason);
    if (isWaved && !/ROLLBACK|DELETE/.test(this.stackStatus))
      world.break('T3', `${one.id} passes its gate unjudged, and the stack is ${this.stackStatus}`);
    const isRefused = answer.status === 'FAILED';
    this.counts[isRefused ? 'refused' : isJudged ? 'whole' : isWaved ? 'waved' : 'other'] += 1;
    one.onAnswer(answer);
  }

  #judgeTime(one: Waiting): void {
    if (one.answer !== null || this.#world.nowMs - one.sentAtMs < one.timeoutSeconds * 1_000) return;
    one.lateReceives += 1;
    if (one.lateReceives > LATE_RECEIVES_MAX)
      this.#world.break(
        'T3',
        `${one.id} is received ${one.lateReceives} times after its time, and not answered`,
      );
  }
}

const quiet = (): void => undefined;
const never = (): Promise<never> => new Promise(() => undefined);

/** One invocation of the function. */
class Life {
  isOver = false;
  #kill: () => void = quiet;
  readonly killed = new Promise<never>((_resolve, reject) => {
    this.#kill = () => reject(new Killed('a gate'));
  });

  end(): void {
    this.isOver = true;
    this.#kill();
  }
}
