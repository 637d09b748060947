import { isRecord } from '../json.ts';
import { INSTANCE_ID } from '../names.ts';
import type { RecoveryChoice } from './sources.ts';

/** It stands in parameters, logs and events. */
const BY = /^[\w.@:/+=,-]{1,64}$/;
const NONCE = /^[\w.:/-]{1,80}$/;
const DIGEST = /^[0-9a-f]{16}$/;
/** A cluster has at most eight voters. */
const FORCED_MAX = 8;

/** Reads what an operator chose, as a request and as a message carry it; `null` for what is no whole choice. */
export function choiceIn(value: Readonly<Record<string, unknown>>): RecoveryChoice | null {
  const { choice, confirm, by, nonce } = value;
  const [source, forced] = [sourceIn(choice), forcedIn(value['forced'])];
  if (source === null || forced === null || typeof confirm !== 'string' || !DIGEST.test(confirm)) return null;
  if (typeof by !== 'string' || !BY.test(by) || typeof nonce !== 'string' || !NONCE.test(nonce)) return null;
  return { source, forced, confirm, by, nonce };
}

/** Instances that an operator calls lost; absent: none. `null`: something else. */
export function forcedIn(value: unknown): readonly string[] | null {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > FORCED_MAX) return null;
  const given: readonly unknown[] = value;
  const ids = given.filter((id) => typeof id === 'string').filter((id) => INSTANCE_ID.test(id));
  return ids.length === given.length ? ids : null;
}

function sourceIn(value: unknown): RecoveryChoice['source'] | null {
  if (!isRecord(value)) return null;
  const { how, instanceId, key } = value;
  if (how === 'from-survivor' && typeof instanceId === 'string' && INSTANCE_ID.test(instanceId))
    return { how, instanceId };
  return how === 'from-snapshot' && typeof key === 'string' && key !== '' ? { how, key } : null;
}

/** The message that carries a choice to whoever decides. */
export const recoverBody = (
  cluster: string,
  { source, forced, confirm, by, nonce }: RecoveryChoice,
): string =>
  JSON.stringify({
    etcdAutopilot: 1,
    request: 'recover',
    cluster,
    choice: source,
    forced,
    confirm,
    by,
    nonce,
  });
