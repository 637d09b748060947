import type { CfnRequest } from '../core/cfn.ts';
import { clusterNameIn, failedIdOf } from '../core/custom-resource.ts';
import { OperationError } from '../core/errors.ts';
import { isLettingGo } from '../core/gate/letting-go.ts';
import { encodeGateMessage } from '../core/gate/message.ts';
import { openAnswer } from '../core/gate/words.ts';
import { gateIdOf, gateRefusals, readGateProperties, requestKeyOf } from '../core/gate-resource.ts';
import { refusal } from './refusal.ts';
import { type Done, readCluster, type Site } from './site.ts';

/** The request waits at the gate, where it is answered. */
export const AT_THE_GATE = { kind: 'atTheGate' } as const;

/** A request that was not put in is nobody's: the same key makes it one, however often it is tried. */
const TRIES_MAX = 5;
const PAUSE_MS = 2_000;

/**
 * Create and Update of `Custom::EtcdGate`: refuses what is wrong with it at once, and lets the function gate wait
 * for the rest. While its stack goes back nothing is refused: what is asked for then was accepted once.
 *
 * @throws {OperationError} `CONFIG_INVALID`: all mistakes together. Others: it could not be put in.
 */
export async function askGate(site: Site, request: CfnRequest): Promise<Done | typeof AT_THE_GATE> {
  try {
    const problems = await problemsOf(site, request);
    if (problems.length > 0) throw refusal(problems);
    await putIn(site, request);
    return AT_THE_GATE;
  } catch (error) {
    if (!(error instanceof OperationError) || !(await letsGo(site, request))) throw error;
    const cluster = clusterNameIn(request);
    const { reason, attributes } = openAnswer(cluster ?? '', { kind: 'lettingGo' });
    const physicalId =
      cluster === null ? (request.physicalId ?? failedIdOf(request)) : gateIdOf(cluster, request);
    return { physicalId, reason, attributes };
  }
}

/** Where the cluster cannot be read now, the gate tells what is wrong with it. */
async function problemsOf(site: Site, request: CfnRequest): Promise<readonly string[]> {
  const parsed = readGateProperties(request);
  if (!parsed.ok) return parsed.problems;
  const { cluster } = parsed.gate;
  try {
    return gateRefusals(cluster, await readCluster(site, cluster));
  } catch (error) {
    if (!(error instanceof OperationError) || error.retry === 'never') throw error;
    return [];
  }
}

async function putIn(site: Site, request: CfnRequest): Promise<void> {
  const key = requestKeyOf(request);
  const body = encodeGateMessage(request);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await site.gateQueue.put(key, body);
    } catch (error) {
      if (!(error instanceof OperationError) || error.retry === 'never') throw error;
      if (attempt === TRIES_MAX || site.clock.nowMs() + PAUSE_MS >= site.deadlineMs) throw error;
      await site.clock.sleep(PAUSE_MS);
    }
  }
}

/** What CloudFormation does not say lets nothing pass. */
async function letsGo(site: Site, { stackId }: CfnRequest): Promise<boolean> {
  try {
    return isLettingGo(await site.stackStatus.statusOf(stackId));
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return false;
  }
}
