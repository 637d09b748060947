import type { Bench } from './bench.ts';
import { judgeSuccession } from './recovery.ts';
import {
  instanceNamed,
  isLeavingState,
  isMajority,
  namesIn,
  readClaim,
  readJson,
  readTicket,
  type TrueClaim,
  type TrueTicket,
  textAt,
} from './truth.ts';
import type { PassWatch } from './watch.ts';

/**
 * R1: a second cluster is never formed. A claim is made where no trace of a cluster is and nobody can
 * have run etcd; it is never revised; the next one follows when all founders of the last are terminated.
 */
export function judgeClaim(
  bench: Bench,
  watch: PassWatch,
  name: string,
  text: string,
  isCreated: boolean,
): void {
  const before = readClaim(textAt(bench.truth, 'bootstrap'));
  const next = readClaim(text);
  bench.rule('R1', next === null, () => `an unreadable claim is written: ${text}`);
  if (next === null) return;
  const made = readClaim(textAt(bench.truth, `claims/${next.number}`));
  // Judged when it was made, it takes the place of the one that failed.
  if (name === 'bootstrap' && made !== null && before?.number === next.number - 1) {
    judgeSame(bench, made, next);
    // What was told of the lost cluster since that claim was made says nothing of the new one.
    if (next.recovery !== undefined) bench.memory.succeed();
    return;
  }
  if (next.recovery !== undefined && before?.number !== next.number) {
    judgeSuccession(bench, watch, Object.keys(next.members), next.restore);
    judgeToken(bench, next);
    bench.memory.succeed();
  } else if (before === null) {
    if (next.clusterId === undefined) judgeFirst(bench, watch, next, isCreated);
    else judgePin(bench, next);
  } else if (before.number === next.number) judgeSame(bench, before, next);
  else {
    bench.rule('R1', !isCreated, () => `claim ${next.number} is not made by a create-only write`);
    judgeNext(bench, watch, before, next);
  }
  bench.memory.tokens.add(next.token);
  if (next.clusterId !== undefined) bench.memory.wasAlive = true;
}

function judgePin(bench: Bench, { number, clusterId }: TrueClaim): void {
  const actual = bench.truth.etcd.clusterId;
  bench.rule(
    'R1',
    clusterId !== actual,
    () => `claim ${number} pins ${clusterId}, and the cluster is ${actual}`,
  );
}

function judgeSame(bench: Bench, last: TrueClaim, next: TrueClaim): void {
  const text = ({ token, members }: TrueClaim) => JSON.stringify([token, members]);
  bench.rule('R1', text(last) !== text(next), () => `claim ${last.number} is revised`);
  const isPinned = last.clusterId !== undefined;
  bench.rule(
    'R1',
    isPinned && last.clusterId !== next.clusterId,
    () => `the pin of claim ${last.number} is changed`,
  );
  if (next.clusterId !== undefined && !isPinned) judgePin(bench, next);
}

function judgeFirst(bench: Bench, watch: PassWatch, claim: TrueClaim, isCreated: boolean): void {
  const { truth, memory } = bench;
  bench.rule(
    'R1',
    !isCreated || claim.number !== 1,
    () => `claim ${claim.number} is not made by a create-only write`,
  );
  const tag = truth.tags.get('etcd-autopilot:bootstrapped');
  const traces = namesIn(truth).filter((name) => name === 'status' || name.startsWith('members/'));
  if (tag !== undefined) traces.push(`tag ${tag}`);
  bench.rule('R1', traces.length > 0, () => `a cluster is founded where ${traces} stand`);
  bench.rule('R1', memory.wasAlive, () => 'a cluster is founded after the cluster was seen alive');
  judgeFounders(bench, watch, claim);
}

function judgeNext(bench: Bench, watch: PassWatch, last: TrueClaim, next: TrueClaim): void {
  const { truth, memory } = bench;
  bench.rule(
    'R1',
    next.number !== last.number + 1,
    () => `claim ${next.number} follows claim ${last.number}`,
  );
  const alive = Object.keys(last.members).filter((id) => instanceNamed(truth, id)?.state !== 'terminated');
  bench.rule('R1', alive.length > 0, () => `claim ${next.number} follows while ${alive} of the last one run`);
  const isAlive = memory.wasAlive || last.clusterId !== undefined;
  bench.rule('R1', isAlive, () => `claim ${next.number} follows a cluster that was seen alive`);
  judgeFounders(bench, watch, next);
}

/** Every one of them waits in its launch hook, is where the claim says, and there are enough of them. */
function judgeFounders(bench: Bench, watch: PassWatch, claim: TrueClaim): void {
  const { truth } = bench;
  const { number, members } = claim;
  judgeToken(bench, claim);
  const busy = [...watch.listed].filter(([, state]) => state !== 'Pending:Wait' && !isLeavingState(state));
  bench.rule('R1', busy.length > 0, () => `claim ${number} is made while ${busy} do not wait to launch`);
  const ids = Object.keys(members);
  const strangers = ids.filter((id) => {
    const instance = instanceNamed(truth, id);
    const host = instance === undefined ? '' : truth.clientUrl(instance).replace(/:\d+$/, ':');
    return watch.listed.get(id) !== 'Pending:Wait' || !members[id]?.startsWith(host);
  });
  bench.rule('R1', strangers.length > 0, () => `claim ${number} names ${strangers}, who do not wait there`);
  judgeSize(bench, watch, ids);
}

function judgeToken(bench: Bench, { number, token }: TrueClaim): void {
  const isOwn = token !== '' && !bench.memory.tokens.has(token);
  bench.rule('R1', !isOwn, () => `claim ${number} has no token of its own`);
}

function judgeSize(bench: Bench, watch: PassWatch, ids: readonly string[]): void {
  const config = readJson(watch.configText) ?? {};
  const size = Number(config['size']);
  const grace = Object(config['graceSeconds'])['bootstrap'];
  const launches = ids.map((id) => instanceNamed(bench.truth, id)?.launchedAtMs ?? 0);
  // By the clock that the functions have, which may have jumped.
  const nowMs = bench.truth.nowMs + Math.max(0, bench.truth.skewMs);
  const isOver = nowMs - Math.min(...launches) >= Number(grace) * 1_000;
  const isEnough = ids.length === size || (isOver && ids.length < size && isMajority(ids.length, size));
  bench.rule('R1', !isEnough, () => `${ids.length} founders are claimed for a size of ${size}`);
}

/** R1: the group is tagged with the number of the claim that stands, and only after it. */
export function judgeTag(bench: Bench, key: string, value: string): void {
  if (key !== 'etcd-autopilot:bootstrapped') return;
  const claim = readClaim(textAt(bench.truth, 'bootstrap'));
  // The claim of a recovery is made before the group is tagged, and stands after that.
  const made = readClaim(textAt(bench.truth, `claims/${value}`));
  const isSucceeding =
    made?.recovery !== undefined && claim?.number !== undefined && made.number > claim.number;
  bench.rule(
    'R1',
    String(claim?.number) !== value && !isSucceeding,
    () => `the group is tagged ${value} for claim ${claim?.number}`,
  );
}

/** A ticket founds once, after the tag; one to join names exactly the members; none is used twice. */
export function judgeTicket(bench: Bench, watch: PassWatch, name: string, text: string): void {
  const ticket = readTicket(text);
  const before = readTicket(textAt(bench.truth, name) ?? '');
  const isReadable =
    ['joining', 'ticket', 'started'].includes(ticket.state) && `members/${ticket.instanceId}` === name;
  bench.rule('R1', !isReadable, () => `${name} is no ticket of that instance`);
  if (ticket.state === 'ticket' && ticket.initialState === 'new') judgeFounding(bench, name, ticket, before);
  else if (ticket.state === 'ticket') judgeJoining(bench, watch, name, ticket);
  const isOpen = watch.snapshot.members.some(({ id }) => id === before.memberId);
  bench.rule(
    'R11',
    ticket.state === 'joining' && isOpen,
    () => `${name} is announced again, and is a member`,
  );
  if (ticket.state !== 'started') return;
  bench.memory.closed.add(ticket.memberId);
  bench.memory.wasAlive = true;
}

function judgeFounding(bench: Bench, name: string, ticket: TrueTicket, before: TrueTicket): void {
  const { truth, memory } = bench;
  const tag = truth.tags.get('etcd-autopilot:bootstrapped');
  bench.rule('R1', tag !== ticket.claim, () => `${name} founds a cluster before the group is tagged`);
  const isAgain = before.state !== '' || memory.founders.has(name);
  bench.rule('R1', isAgain, () => `${name} is given to found again`);
  const text = textAt(truth, 'bootstrap');
  const claim = readClaim(text);
  // Garbled by a hand after it was read: then it must be of a claim that once stood there.
  const isKnown = text !== undefined && claim === null && memory.tokens.has(ticket.token);
  const members = Object.entries(claim?.members ?? {}).map(([id, url]) => `${id}=${url}`);
  const isClaimed = claim?.token === ticket.token && String(claim.number) === ticket.claim;
  const isSame = isClaimed && members.sort().join() === ticket.initialCluster.join();
  bench.rule('R1', !isSame && !isKnown, () => `${name} founds another cluster than the claim's`);
  const isAlive = memory.wasAlive || claim?.clusterId !== undefined;
  bench.rule('R1', isAlive, () => `${name} founds a cluster that was seen already`);
  memory.founders.add(name);
}

function judgeJoining(bench: Bench, watch: PassWatch, name: string, ticket: TrueTicket): void {
  const { members } = watch.snapshot;
  const isMember = members.some(({ id, peerUrl }) => id === ticket.memberId && peerUrl === ticket.peerUrl);
  bench.rule('R1', !isMember, () => `${name} starts ${ticket.memberId}, which is no member`);
  const named = ticket.initialCluster.map((pair) => pair.slice(pair.indexOf('=') + 1)).sort();
  const isTrue =
    named.join() ===
    members
      .map(({ peerUrl }) => peerUrl)
      .sort()
      .join();
  bench.rule('R1', !isTrue, () => `${name} names other members than there are: ${named}`);
  const isUsed = bench.memory.closed.has(ticket.memberId);
  bench.rule('R1', isUsed, () => `${name} lets ${ticket.memberId} start again, which was seen started`);
}
