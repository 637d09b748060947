import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseCfnRequest } from '../../functions/core/cfn.ts';
import { decodeClaim, encodeClaim } from '../../functions/core/claim.ts';
import { configFromProperties, encodeConfig, parseConfig } from '../../functions/core/config.ts';
import { readRegistered } from '../../functions/core/custom-resource.ts';
import { isRecord, parseJson } from '../../functions/core/json.ts';
import { decodeMemory, encodeMemory, NO_MEMORY } from '../../functions/core/memory.ts';
import { newerRecords } from '../../functions/core/newer.ts';
import { readRecords } from '../../functions/core/records.ts';
import { decodeReport } from '../../functions/core/report.ts';
import { parseRequest } from '../../functions/core/request.ts';
import { decodeStatus, encodeStatus } from '../../functions/core/status.ts';
import { decodeTicket, encodeTicket } from '../../functions/core/ticket.ts';
import { parseTrigger } from '../../functions/core/trigger.ts';
import { CONFIG } from '../support/observations.ts';
import { ACTIONS, ID, TICKET } from '../support/samples.ts';

/** Whatever a hand, a newer version or a broken write may leave where a record should be. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.json(),
  fc.stringMatching(/^(AUTOPILOT|ETCD)_[A-Z_]{1,20}=.{0,20}$/),
  fc.constantFrom('', '\u0000', '[', '{}', 'null', '"', '-0', '1e999', '{"__proto__":1}', '\ud800'),
);

/** Right text, with a piece cut out, put in twice, or replaced by something else. */
const damaged = (right: string) =>
  fc
    .tuple(fc.nat(right.length), fc.nat(12), fc.oneof(fc.constant(''), fc.string(), fc.json()))
    .map(([at, length, other]) => right.slice(0, at) + other + right.slice(at + length));

/** Right JSON with one field that has another type, is absent, or is too much. */
const retyped = (right: object) =>
  fc
    .tuple(fc.constantFrom(...Object.keys(right), 'more'), fc.jsonValue())
    .map(([key, value]) => JSON.stringify({ ...right, [key]: value }));

const CLAIM = encodeClaim({ ...ACTIONS.writeClaim.claim, number: 2, token: 'core-2-t' });
const STATUS = encodeStatus(ACTIONS.publishStatus.status);
const MEMORY = encodeMemory({
  ...NO_MEMORY,
  missingSinceMs: { [ID.a]: 5 },
  lookedAtMs: 9,
  failedJoinCount: 2,
});
const TICKET_TEXT = encodeTicket('core', TICKET);
const CONFIG_TEXT = encodeConfig(CONFIG);
const REPORT = 'AUTOPILOT_REPORT=empty-disk\nAUTOPILOT_MEMBER_ID=11\n';
const REQUEST = JSON.stringify({ etcdAutopilot: 1, request: 'status', cluster: 'core' });
const TRIGGER = JSON.stringify({
  source: 'aws.autoscaling',
  'detail-type': 'EC2 Instance-launch Lifecycle Action',
  detail: { AutoScalingGroupName: 'g', EC2InstanceId: ID.a },
});
const CFN = JSON.stringify({
  RequestType: 'Create',
  ResponseURL: 'https://a/',
  StackId: 's',
  RequestId: 'r',
  LogicalResourceId: 'l',
  ResourceProperties: {},
});

const URL_LINES =
  /^ETCD_(?:INITIAL_ADVERTISE_PEER|LISTEN_PEER|ADVERTISE_CLIENT|LISTEN_CLIENT)_URLS=https?:\/\/[^:/]+:\d+$/gm;

/** Each reader, with a text that it reads; what it made of a text, and that as text again. */
interface Codec {
  readonly right: string;
  /** `null`: it refused. */
  readonly read: (text: string) => unknown;
  readonly rewrite?: (text: string) => string | null;
}

const whenRead = <T>(value: T | null, write: (value: T) => string): string | null =>
  value === null ? null : write(value);
const whenOk = <T extends { readonly ok: boolean }>(parsed: T): T | null => (parsed.ok ? parsed : null);

/** What a newer version remembers is left as it is. */
function ownMemory(text: string): string | null {
  const memory = decodeMemory(text);
  return memory.ours ? encodeMemory(memory) : null;
}

const CODECS: Readonly<Record<string, Codec>> = {
  'a claim': { right: CLAIM, read: decodeClaim, rewrite: (text) => whenRead(decodeClaim(text), encodeClaim) },
  'a status': {
    right: STATUS,
    read: decodeStatus,
    rewrite: (text) => whenRead(decodeStatus(text), encodeStatus),
  },
  'a memory': { right: MEMORY, read: decodeMemory, rewrite: ownMemory },
  'a ticket': {
    right: TICKET_TEXT,
    read: decodeTicket,
    // Every ticket that is read can be written; where it listens is part of its URLs, as far as they are some.
    rewrite: (text) => {
      const written = whenRead(decodeTicket(text), (ticket) => encodeTicket('core', ticket));
      return text.match(URL_LINES)?.length === 4 ? written : null;
    },
  },
  'a configuration': {
    right: CONFIG_TEXT,
    read: (text) => whenOk(parseConfig(text)),
    rewrite: (text) => {
      const parsed = parseConfig(text);
      return parsed.ok ? encodeConfig(parsed.config) : null;
    },
  },
  'a report': { right: REPORT, read: (text) => decodeReport(ID.a, text) },
  'a request': { right: REQUEST, read: (text) => whenOk(parseRequest(parseJson(text))) },
  'a message of the queue': { right: TRIGGER, read: (text) => whenOk(parseTrigger(text)) },
  'a request of CloudFormation': { right: CFN, read: (text) => whenOk(parseCfnRequest(parseJson(text))) },
  'the properties of a resource': {
    right: JSON.stringify({ size: '3', frozen: 'false' }),
    read: (text) => whenOk(configFromProperties(parseJson(text), 'stack')),
  },
};

/** What may stand in the place of a right text. */
function textsFor({ right }: Codec): fc.Arbitrary<string> {
  const value = parseJson(right);
  // The right text itself, too: what is written again must come up for certain.
  return fc.oneof(
    anyText,
    fc.constant(right),
    damaged(right),
    isRecord(value) ? retyped(value) : damaged(right),
  );
}

test.each(Object.entries(CODECS))(
  '%s is read or refused, whatever stands there, and never throws',
  (name, codec) => {
    let refusedCount = 0;
    expect(codec.read(codec.right)).not.toBeNull();
    fc.assert(
      fc.property(textsFor(codec), (text) => {
        refusedCount += Number(codec.read(text) === null);
      }),
      { numRuns: 400 },
    );
    // Of a memory that cannot be read nothing is remembered.
    expect(refusedCount > 50).toBe(name !== 'a memory');
  },
);

const WRITTEN = Object.entries(CODECS).flatMap(([name, { rewrite, ...codec }]) =>
  rewrite === undefined ? [] : [[name, { ...codec, rewrite }] as const],
);

test.each(WRITTEN)(
  '%s means the same when it is written again, and is then written alike',
  (_name, codec) => {
    const { right, read, rewrite } = codec;
    let readCount = 0;
    expect(rewrite(right)).toBe(right);
    fc.assert(
      fc.property(textsFor(codec), (text) => {
        const written = rewrite(text);
        if (written === null) return;
        readCount += 1;
        expect(read(written)).toEqual(read(text));
        expect(rewrite(written)).toBe(written);
      }),
      { numRuns: 400 },
    );
    expect(readCount).toBeGreaterThan(5);
  },
);

test('everything under the path of a cluster may be anything: what cannot be read stays named', () => {
  const names = [
    'bootstrap',
    'status',
    'endpoints',
    'peers',
    `members/${ID.a}`,
    `reports/${ID.a}`,
    'members/x',
    'else',
  ];
  const anyTexts = fc.dictionary(
    fc.constantFrom(...names),
    fc.oneof(anyText, damaged(CLAIM), damaged(TICKET_TEXT)),
  );
  let unreadableCount = 0;
  fc.assert(
    fc.property(anyTexts, (given) => {
      const texts = new Map(Object.entries(given));
      const records = readRecords(texts);
      readRegistered(texts);
      newerRecords(texts);
      const ticketNames = [...texts.keys()].filter((one) => one.startsWith('members/')).sort();
      expect(records.ticketNames).toEqual(ticketNames);
      const isThere = texts.has('bootstrap');
      expect(records.claim === null && isThere).toBe(records.unreadable.includes('bootstrap'));
      unreadableCount += records.unreadable.length;
    }),
    { numRuns: 500 },
  );
  expect(unreadableCount).toBeGreaterThan(50);
});
