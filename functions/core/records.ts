import { type Claim, decodeClaim } from './claim.ts';
import type { InstanceId } from './identity.ts';
import { PARAMETER } from './names.ts';
import type { Records } from './observation.ts';
import { recoveryIn, unreadableRecoveries } from './recovery/records.ts';
import { areSameTexts, remembered, rememberedLast } from './remembered.ts';
import { decodeReport } from './report.ts';
import { decodeSpaceRecord } from './space.ts';
import { decodeStatus } from './status.ts';
import { decodeTicket, type Ticket } from './ticket.ts';

const claimIn = remembered(decodeClaim);
const statusIn = remembered(decodeStatus);
const spaceIn = remembered(decodeSpaceRecord);
const ticketIn = remembered(decodeTicket);

/** Reads what stands under the cluster's path. Text that cannot be read stays named: it is not absent. */
export const readRecords = rememberedLast(recordsIn, areSameTexts);

function recordsIn(texts: ReadonlyMap<string, string>): Records {
  const claimText = texts.get(PARAMETER.bootstrap) ?? null;
  const claim = claimText === null ? null : claimIn(claimText);
  const statusText = texts.get(PARAMETER.status) ?? null;
  const ticketNames = namesUnder(texts, PARAMETER.members);
  const reportNames = namesUnder(texts, PARAMETER.reports);
  return {
    claim,
    nextClaim: claim === null ? null : claimNumbered(texts, claim.number + 1),
    unreadable: [
      ...(claimText !== null && claim === null ? [PARAMETER.bootstrap] : []),
      ...unreadableRecoveries(texts),
    ],
    recovery: recoveryIn(texts),
    tickets: ticketsIn(texts, ticketNames),
    ticketNames,
    reports: reportNames.flatMap((name) => {
      const id = name.slice(PARAMETER.reports.length);
      return decodeReport(id, texts.get(name) ?? '') ?? [];
    }),
    reportNames,
    endpoints: texts.get(PARAMETER.endpoints) ?? null,
    peers: texts.get(PARAMETER.peers) ?? null,
    status: statusText === null ? null : statusIn(statusText),
    statusText,
    space: spaceIn(texts.get(PARAMETER.maintenance) ?? ''),
    told: new Map([...texts].filter(([name]) => isTold(name))),
  };
}

const isTold = (name: string): boolean =>
  name === PARAMETER.registry || name === PARAMETER.checks || name.startsWith(PARAMETER.dns);

function claimNumbered(texts: ReadonlyMap<string, string>, number: number): Claim | null {
  const claim = claimIn(texts.get(`${PARAMETER.claims}${number}`) ?? '');
  return claim?.number === number ? claim : null;
}

function namesUnder(texts: ReadonlyMap<string, string>, folder: string): readonly string[] {
  const names: string[] = [];
  for (const name of texts.keys()) if (name.startsWith(folder)) names.push(name);
  return names.sort();
}

/** By the instance that each is of; one that stands under another name is nobody's. */
function ticketsIn(texts: ReadonlyMap<string, string>, names: readonly string[]): Records['tickets'] {
  const tickets = new Map<InstanceId, Ticket>();
  for (const name of names) {
    const ticket = ticketIn(texts.get(name) ?? '');
    if (ticket !== null && name === `${PARAMETER.members}${ticket.instanceId}`)
      tickets.set(ticket.instanceId, ticket);
  }
  return tickets;
}
