import { mustLeave } from './lifecycle.ts';
import type { Instance, Member, Silence } from './observation.ts';

/**
 * How a voter is silent, as far as it matters for how long it is waited for. `hung`: nothing comes
 * back. `restarting`: its machine refuses the connection, or its etcd is up and follows nobody yet.
 * `leaving`: on a machine that must leave, whatever the silence. `null`: a matter of settings or
 * data that another machine would share, or of an instance that stands aside; no clock runs.
 */
export type SilenceClass = 'hung' | 'restarting' | 'leaving' | null;

const CLASS: Readonly<Record<Silence, 'hung' | 'restarting' | null>> = {
  deadline: 'hung',
  unreachable: 'hung',
  refused: 'restarting',
  cutOff: 'restarting',
  denied: null,
  untrusted: null,
  failed: null,
  alarmed: null,
  notAsked: null,
};

export function silenceClassOf(member: Member, instance: Instance): SilenceClass {
  if (mustLeave(instance.stage)) return 'leaving';
  if (instance.stage !== 'inService' && instance.waitsIn !== 'launch') return null;
  return CLASS[member.silence ?? 'failed'];
}

/** Under this the memory keeps since when: another kind of silence is another one. */
export const silenceKey = (member: Member, kind: SilenceClass): string => `${member.id} ${kind}`;

/**
 * By what the memory knows since when a member is not up. One that has started is given its grace anew: only the
 * time in which it was silent counts against it, not the time in which its machine booted.
 */
export const notUpKey = ({ id, started }: Member): string => (started ? `started:${id}` : id);
