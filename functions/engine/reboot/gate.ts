import type { InstanceId } from '../../core/identity.ts';
import { type JoinedGroup, parseJoinedGroup } from '../../core/joined.ts';
import { MEMBERS } from '../../core/names.ts';
import { instancesOf } from '../../core/reboot/client-id.ts';
import type { ClientRequest } from '../../core/reboot/fleet-lock.ts';
import { type Refusal, refusal } from '../../core/reboot/refusal.ts';
import { lockMember, unavailable } from './members.ts';
import { denied, type Outcome } from './outcome.ts';
import type { Asked, Turn } from './ports.ts';
import { askForLook, release } from './release.ts';
import { lockWorker } from './workers.ts';

/** Who asks, as AWS knows them: a group of the cluster, and an instance that it lists. */
interface Known {
  readonly group: JoinedGroup;
  readonly id: InstanceId;
}

/** Answers one request of a reboot client. */
export async function answerClient(
  turn: Turn,
  cluster: string,
  { operation, group, id }: ClientRequest,
): Promise<Outcome> {
  const asked: Asked = { cluster, group, id };
  const candidates = instancesOf(id);
  if (candidates.length === 0)
    return denied(
      refusal('unknown_id', 'the id must be an instance id, or its digits with zeros before them, 32 in all'),
    );
  return operation === 'lock' ? lock(turn, asked, candidates) : unlock(turn, asked, candidates);
}

async function lock(turn: Turn, asked: Asked, candidates: readonly InstanceId[]): Promise<Outcome> {
  const known = await findClient(turn, asked, candidates);
  if ('value' in known) return denied(known);
  if (asked.group !== MEMBERS) return lockWorker(turn, asked, known.group, known.id);
  const outcome = await lockMember(turn, asked, candidates);
  if (outcome.kind === 'granted') await askForLook(turn, asked.cluster); // others see it in the status
  // Since when the cluster is calm is written down by whoever looks; and clients ask again and again.
  if (outcome.refusal?.kind === 'cluster_not_tolerant')
    await askForLook(turn, asked.cluster, tenSeconds(turn));
  return outcome;
}

const tenSeconds = ({ ports }: Turn): string => `reboot-${Math.floor(ports.clock.nowMs() / 10_000)}`;

/** Who holds a lock may always give it back; of everybody else, mistakes in group and id are told. */
async function unlock(turn: Turn, asked: Asked, candidates: readonly InstanceId[]): Promise<Outcome> {
  const outcome = await release(turn, asked, candidates);
  if (outcome.kind !== 'absent') return outcome;
  const known = await findClient(turn, asked, candidates);
  return 'value' in known ? denied(known) : { ...outcome, instanceId: known.id };
}

async function findClient(
  { ports }: Turn,
  { cluster, group }: Asked,
  candidates: readonly InstanceId[],
): Promise<Known | Refusal> {
  try {
    const groups = (await ports.scaling.listGroups(cluster)).map(parseJoinedGroup);
    const isAsked = ({ name, role }: JoinedGroup): boolean =>
      group === MEMBERS ? role === 'member' : role === 'worker' && name === group;
    const found = groups.find(isAsked);
    if (found === undefined) return refusal('unknown_group');
    const listed = found.instances.find(({ id }) => candidates.includes(id));
    return listed === undefined ? refusal('unknown_id') : { group: found, id: listed.id };
  } catch (error) {
    return unavailable(error);
  }
}
