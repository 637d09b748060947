import { isRecord, parseJson } from './json.ts';
import { INSTANCE_ID } from './names.ts';
import { choiceIn } from './recovery/choice.ts';
import type { RecoveryChoice } from './recovery/sources.ts';

/**
 * What a message in the queue asks for. An event is a hint that something may have
 * changed: only the group's name is taken from it, what is true is observed.
 */
export type Trigger =
  | { readonly kind: 'group'; readonly detailType: string; readonly groupName: string }
  | { readonly kind: 'schedule' }
  /** EC2 announces the end of an instance, of whatever group. */
  | { readonly kind: 'ending'; readonly detailType: string }
  /** `asked`: under this nonce whoever asked waits for the status to show that this look was made; `null`: nobody waits. */
  | { readonly kind: 'look'; readonly from: string; readonly asked: string | null }
  /** An operator chose what a lost cluster is brought back from; it is judged again before anything is done. */
  | { readonly kind: 'recover'; readonly choice: RecoveryChoice };

export type ParsedTrigger =
  | { readonly ok: true; readonly trigger: Trigger }
  | { readonly ok: false; readonly reason: string };

/** It stands in the status, of which every byte counts: an id of a request, and a number. */
const NONCE = /^[\w.:/-]{1,80}$/;

const GROUP_EVENT = /^EC2 (Instance[- ]|Auto Scaling )/;
/** EC2 knows no groups: every cluster hears of every instance of the account, and looks at its own. */
const ENDING_EVENT = 'EC2 Spot Instance Interruption Warning';

/** Reads one message body. Anything that is not one of ours is refused with its reason, never guessed at. */
export function parseTrigger(body: string): ParsedTrigger {
  const value = parseJson(body);
  if (!isRecord(value)) return refuse('the message is not a JSON object');
  if (value['etcdAutopilot'] !== undefined) return parseLook(value);
  const detailType = value['detail-type'];
  if (typeof detailType !== 'string') return refuse('the message has no detail-type');
  if (value['source'] === 'aws.events' && detailType === 'Scheduled Event') {
    return { ok: true, trigger: { kind: 'schedule' } };
  }
  if (value['source'] === 'aws.ec2' && detailType === ENDING_EVENT) {
    return { ok: true, trigger: { kind: 'ending', detailType } };
  }
  if (value['source'] !== 'aws.autoscaling' || !GROUP_EVENT.test(detailType)) {
    return refuse(`nobody here works with "${detailType.slice(0, 80)}" events`);
  }
  return parseGroupEvent(detailType, value['detail']);
}

function parseGroupEvent(detailType: string, detail: unknown): ParsedTrigger {
  if (!isRecord(detail)) return refuse('the event has no detail');
  const { AutoScalingGroupName: groupName, EC2InstanceId: instanceId } = detail;
  if (typeof groupName !== 'string' || groupName === '')
    return refuse('the event names no Auto Scaling group');
  // A launch that failed for lack of capacity names no instance: the field is there, and empty.
  const isNamed = instanceId !== undefined && instanceId !== '';
  if (isNamed && (typeof instanceId !== 'string' || !INSTANCE_ID.test(instanceId))) {
    return refuse('the event carries an EC2InstanceId that is none');
  }
  return { ok: true, trigger: { kind: 'group', detailType, groupName } };
}

function parseLook(value: Readonly<Record<string, unknown>>): ParsedTrigger {
  if (value['etcdAutopilot'] !== 1) return refuse('the request is of a version that this one does not know');
  if (value['request'] === 'recover') return parseRecover(value);
  if (value['request'] !== 'look') return refuse('requests that come by queue are "look" and "recover"');
  const { answer, nonce } = value;
  if (answer === true && (typeof nonce !== 'string' || !NONCE.test(nonce)))
    return refuse('a look that is to be answered needs a nonce of up to 80 letters, digits and "_.:/-"');
  const asked = answer === true && typeof nonce === 'string' ? nonce : null;
  const from = typeof value['from'] === 'string' ? value['from'] : 'unknown';
  return { ok: true, trigger: { kind: 'look', from, asked } };
}

function parseRecover(value: Readonly<Record<string, unknown>>): ParsedTrigger {
  const choice = choiceIn(value);
  return choice === null
    ? refuse('a recovery needs a choice, as etcd-autopilot recover sends it')
    : { ok: true, trigger: { kind: 'recover', choice } };
}

const refuse = (reason: string): ParsedTrigger => ({ ok: false, reason });
