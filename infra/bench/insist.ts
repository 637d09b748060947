import type { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Json, listOf, postJson } from '../demo/etcd-http.ts';

/** What etcd refuses at first is asked for again at once, near enough. */
const AGAIN_MS = 5;
const STEP_MS_MAX = 30_000;
const CALL_MS_MAX = 2_000;

/**
 * Asks an etcd for something until it does it: right after a start, an election or another change it refuses for a
 * while.
 *
 * @throws {Error} what etcd said last, when its time is over.
 */
export async function insist(agent: Agent, clientUrl: string, path: string, body: object): Promise<Json> {
  const untilMs = performance.now() + STEP_MS_MAX;
  for (;;) {
    try {
      return await postJson(agent, `${clientUrl}/v3/${path}`, body, CALL_MS_MAX);
    } catch (error) {
      // A removal whose answer was lost is done.
      if (path.endsWith('/remove') && /member not found/.test(String(error))) return {};
      if (performance.now() > untilMs) throw error;
      await sleep(AGAIN_MS);
    }
  }
}

/** @throws {Error} nobody is listed who is meant. */
export async function memberId(
  agent: Agent,
  clientUrl: string,
  isMeant: (member: Json) => boolean,
): Promise<string> {
  const { members } = await insist(agent, clientUrl, 'cluster/member/list', {});
  const found = listOf(members).find(isMeant);
  if (found === undefined) throw new Error(`${clientUrl} does not list the member`);
  return String(found['ID']);
}

/** Makes an entry for a voter that nobody will ever start. */
export async function addGhost(agent: Agent, clientUrl: string, peerUrl: string): Promise<void> {
  await insist(agent, clientUrl, 'cluster/member/add', { peerURLs: [peerUrl] });
}
