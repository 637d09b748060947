import { lagOf } from '../core/lag.ts';
import type { Instance, Member, MemberView, Observation, SeenStatus, Stage } from '../core/observation.ts';

export interface AnsweredMember {
  readonly id: string;
  /** Empty until its etcd first reports a name. */
  readonly name: string;
  /** `null`: foreign, nobody here created it. */
  readonly instanceId: string | null;
  readonly role: Member['role'];
  readonly isLeader: boolean;
  readonly started: boolean;
  readonly answers: boolean;
  readonly raftIndex: string | null;
  /** Raft entries behind the leader; `null`: one of the two is unknown. */
  readonly lag: string | null;
  readonly version: string | null;
  readonly peerUrl: string;
  readonly clientUrl: string | null;
  /** Its database's file, and what of it holds anything; `null`: it did not say. */
  readonly dbSizeBytes: number | null;
  readonly dbSizeInUseBytes: number | null;
}

export interface AnsweredInstance {
  readonly id: string;
  readonly stage: Stage;
  readonly zone: string;
  readonly address: string | null;
  /** The member that it is; `null`: none, or unknown because no voter answers. */
  readonly memberId: string | null;
}

export interface AnsweredHook {
  readonly instanceId: string;
  readonly transition: 'launch' | 'terminate';
  /** Start of the scaling activity; `null`: none was listed. */
  readonly since: string | null;
  readonly ageSeconds: number | null;
}

export function memberAnswer(
  view: MemberView,
  member: Member,
  statuses: ReadonlyMap<string, SeenStatus>,
): AnsweredMember {
  const { id, name, instanceId, role, started, answers, version, peerUrl, clientUrl } = member;
  const status = statuses.get(instanceId ?? '');
  return {
    id,
    name,
    instanceId,
    role,
    isLeader: id === view.leaderId,
    started,
    answers,
    raftIndex: member.raftIndex?.toString() ?? null,
    lag: lagOf(view, member)?.toString() ?? null,
    version,
    peerUrl,
    clientUrl,
    dbSizeBytes: status?.dbSizeBytes ?? null,
    dbSizeInUseBytes: status?.dbSizeInUseBytes ?? null,
  };
}

export function instanceAnswer(view: MemberView | null, instance: Instance): AnsweredInstance {
  const { id, stage, zone, address } = instance;
  const member = view?.members.find(({ instanceId }) => instanceId === id);
  return { id, stage, zone, address, memberId: member?.id ?? null };
}

export function hooksOf(world: Observation): readonly AnsweredHook[] {
  return world.instances.flatMap(({ id, waitsIn, hookSinceMs }) => {
    if (waitsIn === null) return [];
    const since = hookSinceMs === null ? null : new Date(hookSinceMs).toISOString();
    const ageSeconds = hookSinceMs === null ? null : Math.round((world.takenAtMs - hookSinceMs) / 1_000);
    return [{ instanceId: id, transition: waitsIn, since, ageSeconds }];
  });
}
