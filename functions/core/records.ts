import { type Claim, decodeClaim } from './claim.ts';
import { PARAMETER } from './names.ts';
import type { Records } from './observation.ts';
import { remembered } from './remembered.ts';
import { decodeReport } from './report.ts';
import { decodeStatus } from './status.ts';
import { decodeTicket } from './ticket.ts';

const claimIn = remembered(decodeClaim);
const statusIn = remembered(decodeStatus);
const ticketIn = remembered(decodeTicket);

/** Reads what stands under the cluster's path. Text that cannot be read stays named: it is not absent. */
export function readRecords(texts: ReadonlyMap<string, string>): Records {
  const claimText = texts.get(PARAMETER.bootstrap) ?? null;
  const claim = claimText === null ? null : claimIn(claimText);
  const statusText = texts.get(PARAMETER.status) ?? null;
  const tickets = under(texts, PARAMETER.members).flatMap(([id, text]) => {
    const ticket = ticketIn(text);
    return ticket?.instanceId === id ? [[id, ticket] as const] : [];
  });
  return {
    claim,
    nextClaim: claim === null ? null : claimNumbered(texts, claim.number + 1),
    unreadable: claimText !== null && claim === null ? [PARAMETER.bootstrap] : [],
    tickets: new Map(tickets),
    ticketNames: namesUnder(texts, PARAMETER.members),
    reports: under(texts, PARAMETER.reports).flatMap(([id, text]) => decodeReport(id, text) ?? []),
    reportNames: namesUnder(texts, PARAMETER.reports),
    endpoints: texts.get(PARAMETER.endpoints) ?? null,
    peers: texts.get(PARAMETER.peers) ?? null,
    status: statusText === null ? null : statusIn(statusText),
    statusText,
  };
}

function claimNumbered(texts: ReadonlyMap<string, string>, number: number): Claim | null {
  const claim = claimIn(texts.get(`${PARAMETER.claims}${number}`) ?? '');
  return claim?.number === number ? claim : null;
}

const namesUnder = (texts: ReadonlyMap<string, string>, folder: string): readonly string[] =>
  [...texts.keys()].filter((name) => name.startsWith(folder)).sort();

const under = (texts: ReadonlyMap<string, string>, folder: string): readonly (readonly [string, string])[] =>
  namesUnder(texts, folder).map((name) => [name.slice(folder.length), texts.get(name) ?? ''] as const);
