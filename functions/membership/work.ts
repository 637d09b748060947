import { CLUSTER_NAME } from '../core/names.ts';
import { parseTrigger, type Trigger } from '../core/trigger.ts';
import type { Message } from '../edge/queue-room.ts';
import { runPass } from '../engine/pass.ts';
import type { Ports } from '../engine/ports.ts';
import type { PassReport, Step } from '../engine/report.ts';

/** What a message came to. */
export type Handled =
  | { readonly kind: 'unreadable'; readonly reason: string }
  | { readonly kind: 'passed'; readonly trigger: Trigger; readonly report: PassReport };

export interface WorkOptions {
  readonly deadlineMs: number;
  /** Unique to this invocation: the owner of the permit. */
  readonly owner: string;
  readonly dryRun: boolean;
  readonly onStep: (step: Step) => void;
}

/**
 * Works on one message: a pass for its cluster, or the dead-letter queue for what
 * nobody can read (once, never again). While a change is progressing another look
 * is asked for, in the same group, with a body that differs.
 */
export async function workOn(ports: Ports, message: Message, options: WorkOptions): Promise<Handled> {
  const parsed = parseMessage(message);
  if (!parsed.ok) {
    await ports.queue.keepUnreadable(message.cluster, message.body, parsed.reason);
    return { kind: 'unreadable', reason: parsed.reason };
  }
  const { trigger } = parsed;
  const { deadlineMs, owner, dryRun, onStep } = options;
  const report = await runPass(ports, {
    cluster: message.cluster,
    owner,
    deadlineMs,
    onStep,
    mode: dryRun ? 'dryRun' : 'act',
    groupName: trigger.kind === 'group' ? trigger.groupName : null,
    asked: trigger.kind === 'look' ? trigger.asked : null,
    ...(trigger.kind === 'recover' ? { recover: trigger.choice } : {}),
  });
  if (report.progressing) await ports.queue.askForLook(message.cluster, continuation(message.cluster, owner));
  return { kind: 'passed', trigger, report };
}

function parseMessage(message: Message): ReturnType<typeof parseTrigger> {
  if (CLUSTER_NAME.test(message.cluster)) return parseTrigger(message.body);
  return { ok: false, reason: 'the message group is not a cluster name' };
}

const continuation = (cluster: string, nonce: string): string =>
  JSON.stringify({ etcdAutopilot: 1, request: 'look', cluster, from: 'continuation', nonce });
