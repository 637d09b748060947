import { parseConfig } from '../../core/config.ts';
import { waitingHooks } from '../../core/dns/hooks.ts';
import { decodeDnsState, EMPTY_STATE } from '../../core/dns/state.ts';
import type { ClusterWorld } from '../../core/dns/world.ts';
import type { JoinedGroup } from '../../core/joined.ts';
import { CLUSTER_NAME, clusterPath, PARAMETER } from '../../core/names.ts';
import type { HookSettings, ScalingActivity } from '../../core/ports.ts';
import type { DnsPorts } from './ports.ts';
import type { Readings } from './reading.ts';

type Told = Pick<ClusterWorld, 'standing' | 'because' | 'config'>;

/** One cluster, as far as it matters to one hosted zone. What could not be read leaves it `unknown`. */
export async function observeCluster(
  ports: DnsPorts,
  zoneId: string,
  name: string,
  all: readonly JoinedGroup[],
  readings: Readings,
): Promise<Omit<ClusterWorld, 'seenWaitingMs'>> {
  const groups = all.filter(({ zone }) => zone === null || zone === zoneId);
  const others = all.filter((group) => !groups.includes(group));
  // Groups whose tag is no name of a cluster: nobody can have registered that one.
  const isNamed = CLUSTER_NAME.test(name);
  const reading = isNamed ? ports.parameters.readAll(clusterPath(name)) : Promise.resolve(NOTHING);
  const texts = await readings.try(reading);
  const stateText = texts?.get(PARAMETER.dns + zoneId) ?? null;
  const decoded = stateText === null ? null : decodeDnsState(stateText);
  const told: Told =
    decoded?.kind === 'newer'
      ? { standing: 'newer', because: `a newer version wrote ${PARAMETER.dns}${zoneId}`, config: null }
      : judge(texts, stateText !== null, all);
  const isLost = decoded?.kind === 'unreadable' && told.standing === 'registered';
  const lost = `${PARAMETER.dns}${zoneId} could not be read, and is written anew`;
  return {
    name: isNamed ? name : NAMELESS,
    ...told,
    ...(isLost ? { because: lost } : {}),
    endpoints: texts?.get(PARAMETER.endpoints) ?? null,
    peers: texts?.get(PARAMETER.peers) ?? null,
    groups,
    elsewhere: new Set(others.flatMap(({ instances }) => instances.map(({ id }) => id))),
    state: decoded?.kind === 'state' ? decoded.state : EMPTY_STATE,
    stateText,
    ...(await observeWaits(ports, groups, readings)),
  };
}

const NOTHING: ReadonlyMap<string, string> = new Map();
/** No cluster can be called that. */
const NAMELESS = '(none)';

/** What its parameters say of the cluster: absence is only concluded from a reading that succeeded. */
function judge(
  texts: ReadonlyMap<string, string> | null,
  hasState: boolean,
  groups: readonly JoinedGroup[],
): Told {
  if (texts === null)
    return { standing: 'unknown', because: 'its parameters could not be read', config: null };
  if (texts.has(PARAMETER.teardown)) return { standing: 'deleting', because: '', config: null };
  const text = texts.get(PARAMETER.config);
  if (text !== undefined) return judgeConfig(text);
  const isFounded = texts.has(PARAMETER.bootstrap) || groups.some(({ role }) => role === 'member');
  if (hasState && !isFounded) return { standing: 'deleting', because: '', config: null };
  return { standing: 'absent', because: 'nobody registered a cluster of this name', config: null };
}

function judgeConfig(text: string): Told {
  const parsed = parseConfig(text);
  if (!parsed.ok) return { standing: 'frozen', because: parsed.problems.join('; '), config: null };
  const { config } = parsed;
  return config.frozen
    ? { standing: 'frozen', because: 'its configuration says frozen', config: null }
    : { standing: 'registered', because: '', config };
}

/** Only while somebody waits in a hook are hooks and activities of use. */
async function observeWaits(
  { joined }: DnsPorts,
  groups: readonly JoinedGroup[],
  readings: Readings,
): Promise<Pick<ClusterWorld, 'hooks' | 'activities'>> {
  const hooks = new Map<string, readonly HookSettings[]>();
  const activities = new Map<string, readonly ScalingActivity[]>();
  for (const { name } of groups.filter((group) => waitingHooks(group).length > 0)) {
    const settings = await readings.try(joined.listHooks(name));
    if (settings !== null) hooks.set(name, settings);
    const told = await readings.try(joined.listActivities(name));
    if (told !== null) activities.set(name, told);
  }
  return { hooks, activities };
}
