import { isRecord } from './json.ts';
import { CLUSTER_NAME } from './names.ts';
import { choiceIn, forcedIn } from './recovery/choice.ts';
import type { RecoveryChoice } from './recovery/sources.ts';
import { parseVersion } from './versions.ts';

/** What an operator asks by invoking the function: versioned. Only a choice to recover changes anything. IAM is the authority. */
export type OperatorRequest =
  | { readonly request: 'status'; readonly cluster: string }
  /** `etcdVersion`: the one that is about to be rolled out. */
  | { readonly request: 'plan'; readonly cluster: string; readonly etcdVersion?: string }
  /** Without a choice: what could be chosen, if the operator called `forced` lost. */
  | {
      readonly request: 'recover';
      readonly cluster: string;
      readonly forced: readonly string[];
      readonly choice: RecoveryChoice | null;
    };

export type ParsedRequest =
  | { readonly ok: true; readonly request: OperatorRequest }
  | { readonly ok: false; readonly reason: string };

/** Reads an operator's request; every mistake has its reason. */
export function parseRequest(event: unknown): ParsedRequest {
  if (!isRecord(event)) return refuse('the request is not a JSON object');
  if (event['etcdAutopilot'] !== 1) return refuse('this function knows requests with "etcdAutopilot": 1');
  const { request, cluster, etcdVersion } = event;
  if (request !== 'status' && request !== 'plan' && request !== 'recover')
    return refuse('the request must be "status", "plan" or "recover"');
  if (typeof cluster !== 'string' || !CLUSTER_NAME.test(cluster))
    return refuse('the cluster must be a name like "core"');
  if (etcdVersion !== undefined && request !== 'plan') return refuse(VERSION);
  switch (request) {
    case 'status':
      return { ok: true, request: { request, cluster } };
    case 'recover':
      return parseRecover(event, cluster);
    default:
      return parsePlan(etcdVersion, cluster);
  }
}

const VERSION = 'etcdVersion goes with "plan" and must be a version like "3.6.14"';

function parsePlan(etcdVersion: unknown, cluster: string): ParsedRequest {
  if (etcdVersion === undefined) return { ok: true, request: { request: 'plan', cluster } };
  if (typeof etcdVersion !== 'string' || parseVersion(etcdVersion) === null) return refuse(VERSION);
  return { ok: true, request: { request: 'plan', cluster, etcdVersion } };
}

function parseRecover(event: Readonly<Record<string, unknown>>, cluster: string): ParsedRequest {
  const forced = forcedIn(event['forced']);
  if (forced === null) return refuse('"forced" must be a list of up to 8 instance ids');
  const choice = event['choice'] === undefined ? null : choiceIn(event);
  if (event['choice'] !== undefined && choice === null)
    return refuse('a choice names a source of the options, and goes with "confirm", "by" and "nonce"');
  return { ok: true, request: { request: 'recover', cluster, forced, choice } };
}

const refuse = (reason: string): ParsedRequest => ({ ok: false, reason });
