import { NO_MEMORY } from '../../functions/core/memory.ts';
import type { Instance, Member, Observation, PassMemory } from '../../functions/core/observation.ts';
import type { Machine } from '../../functions/core/ports.ts';
import type { Ticket } from '../../functions/core/ticket.ts';
import {
  id,
  instance,
  launching,
  learner,
  machine,
  member,
  memberId,
  NOW_MS,
  observation,
  silent,
  terminating,
  unstarted,
  view,
} from './observations.ts';
import { joining, openTicket, startedTicket } from './tickets.ts';

/** One place of a world: a member, an instance, or both, and what is known of them. */
interface Place {
  readonly member?: Member;
  readonly instance?: Instance;
  readonly machine?: Machine;
  readonly ticket?: Ticket;
  /** Silent for longer than any grace, and nobody hears it. */
  readonly isOverdue?: boolean;
}

const LONG_AGO_MS = NOW_MS - 7_000_000;
const GONE = machine(0, { state: 'terminated', privateIp: null });

/** What a place may be: everything that decides what is done with it, once. */
export const PLACES = {
  voter: (n: number): Place => ({ member: member(n), instance: instance(n) }),
  restarting: (n) => ({ member: silent(n), instance: instance(n) }),
  dead: (n) => ({ member: silent(n), instance: instance(n), isOverdue: true }),
  leaver: (n) => ({ member: member(n), instance: terminating(n) }),
  silentLeaver: (n) => ({ member: silent(n), instance: terminating(n), isOverdue: true }),
  gone: (n) => ({ member: silent(n), machine: GONE }),
  unknown: (n) => ({ member: silent(n) }),
  foreign: (n) => ({ member: member(n, { instanceId: null, name: `stranger-${n}` }) }),
  /** At even places it was announced before. */
  newcomer: (n) => ({ instance: launching(n), ...(n % 2 === 0 ? { ticket: joining(member(n)) } : {}) }),
  learner: (n) => ({ member: learner(n), instance: launching(n) }),
  unstarted: (n) => ({ member: unstarted(n), instance: launching(n), ticket: openTicket(unstarted(n)) }),
  left: (n) => ({ instance: terminating(n) }),
} satisfies Readonly<Record<string, (n: number) => Place>>;
export type PlaceKind = keyof typeof PLACES;
const placeOf = (kind: PlaceKind, n: number): Place => PLACES[kind](n);
export const KINDS: readonly PlaceKind[] = [
  'voter',
  'restarting',
  'dead',
  'leaver',
  'silentLeaver',
  'gone',
  'unknown',
  'foreign',
  'newcomer',
  'learner',
  'unstarted',
  'left',
];

/** Every choice of up to `sizeMax` things, where their order does not matter. */
export function* everyChoice<T>(kinds: readonly T[], sizeMax: number, from = 0): Generator<readonly T[]> {
  if (sizeMax === 0) return;
  for (let at = from; at < kinds.length; at += 1) {
    const kind = kinds[at];
    if (kind === undefined) continue;
    yield [kind];
    for (const rest of everyChoice(kinds, sizeMax - 1, at)) yield [kind, ...rest];
  }
}

/** A majority answers, so that anybody can be told who is a member; elsewhere there is no view. */
export const hasView = (kinds: readonly PlaceKind[]): boolean => {
  const voters = kinds.filter((kind) => placeOf(kind, 1).member?.role === 'voter');
  return voters.filter((kind) => placeOf(kind, 1).member?.answers === true).length * 2 > voters.length;
};

/** The world of these places. `leads`: what leads it, as far as one of that kind is there. */
export function worldOf(
  kinds: readonly PlaceKind[],
  leads: PlaceKind = 'voter',
  over: Partial<Observation> = {},
): Observation {
  const places: readonly Place[] = kinds.map((kind, index) => placeOf(kind, index + 1));
  const members = places.flatMap((place) => place.member ?? []);
  const leader = kinds.indexOf(leads) >= 0 ? memberId(kinds.indexOf(leads) + 1) : null;
  const overdue = places.flatMap((place) => (place.isOverdue === true ? (place.member ?? []) : []));
  const silentSinceMs = Object.fromEntries(
    overdue.flatMap((one) => ['hung', 'leaving'].map((kind) => [`${one.id} ${kind}`, LONG_AGO_MS])),
  );
  const reportedAtMs = Object.fromEntries(overdue.map(({ name }) => [name, NOW_MS - 1_000]));
  const seen = view(members, {
    memory: { ...NO_MEMORY, silentSinceMs, reportedAtMs, lookedAtMs: NOW_MS - 1_000 },
    ...(leader === null ? {} : { leaderId: leader }),
  });
  const machines = places.flatMap((place, index) => {
    const known = place.machine ?? (place.instance === undefined ? undefined : machine(index + 1));
    return known === undefined ? [] : [[id(index + 1), known] as const];
  });
  const tickets = places.flatMap((place, index) => {
    const one = place.member;
    const ticket = place.ticket ?? (one?.started && one.instanceId !== null ? startedTicket(one) : undefined);
    return ticket === undefined ? [] : [[id(index + 1), ticket] as const];
  });
  const pass: Partial<PassMemory> = {
    leaderHears: new Map(overdue.map((one) => [one.id, false])),
    inSyncLooks: new Map(members.filter(({ role }) => role === 'learner').map((one) => [one.id, 3])),
  };
  const made = observation({
    instances: places.flatMap((place) => place.instance ?? []),
    view: seen,
    machines: new Map(machines),
    pass,
    records: { tickets: new Map(tickets), ticketNames: tickets.map(([one]) => `members/${one}`) },
    group: { desiredCapacity: Math.max(1, Math.min(3, kinds.length)) },
  });
  // Where their number is odd, the lists were never written.
  const records = kinds.length % 2 === 0 ? made.records : { ...made.records, endpoints: null, peers: null };
  return { ...made, records, ...over };
}
