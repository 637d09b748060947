import { describe, expect, test } from 'vitest';
import { encodeCfnAnswer, parseCfnRequest } from '../../../functions/core/cfn.ts';
import { isLettingGo } from '../../../functions/core/gate/letting-go.ts';
import { encodeGateMessage, parseGateMessage } from '../../../functions/core/gate/message.ts';
import { deadlineOf, isGivenUp, isLastReceive, RECEIVES_MAX } from '../../../functions/core/gate/timing.ts';
import { openAnswer, shutAnswer } from '../../../functions/core/gate/words.ts';
import { readGateProperties } from '../../../functions/core/gate-resource.ts';
import { SHORTFALL_ADVICE, type Shortfall, shortfall } from '../../../functions/core/shortfalls.ts';
import { gateEvent, RESPONSE_URL } from '../../custom-resources/world.ts';

const request = (changes = {}) => {
  const parsed = parseCfnRequest(gateEvent('Update', {}, { PhysicalResourceId: 'core@x', ...changes }));
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.request;
};
const gate = () => {
  const parsed = readGateProperties(request());
  if (!parsed.ok) throw new Error(parsed.problems.join());
  return parsed.gate;
};
const shut = (shortfalls: readonly Shortfall[]) =>
  ({ kind: 'shut', shortfalls, wholeInMs: null, isFinal: false }) as const;
const message = (changes = {}) => ({ request: request(), sentAtMs: 1_000, receiveCount: 1, ...changes });

describe('a stack', () => {
  test.each([
    'ROLLBACK_IN_PROGRESS',
    'UPDATE_ROLLBACK_IN_PROGRESS',
    'IMPORT_ROLLBACK_IN_PROGRESS',
    'DELETE_IN_PROGRESS',
    'DELETE_COMPLETE',
  ])('in %s passes every gate', (status) => {
    expect(isLettingGo(status)).toBe(true);
  });

  test.each([
    null,
    '',
    'CREATE_IN_PROGRESS',
    'UPDATE_IN_PROGRESS',
    'REVIEW_IN_PROGRESS',
    // What the stack was before: CloudFormation may still tell it just after an update began.
    'UPDATE_ROLLBACK_COMPLETE',
    'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS',
    'UPDATE_ROLLBACK_FAILED',
    'DELETE_FAILED',
    'SOMETHING_NEW',
  ])('in %s does not', (status) => {
    expect(isLettingGo(status)).toBe(false);
  });
});

describe('a request in the queue', () => {
  const record = (
    body: string,
    attributes: object = { SentTimestamp: '1000', ApproximateReceiveCount: '3' },
  ) => ({
    messageId: 'm',
    body,
    attributes,
  });

  test.each([{}, { RequestType: 'Create', PhysicalResourceId: undefined }])(
    'comes out as it went in: %j',
    (changes) => {
      const own = request(changes);
      expect(parseGateMessage(record(encodeGateMessage(own)))).toEqual({
        ok: true,
        message: { request: own, sentAtMs: 1_000, receiveCount: 3 },
      });
    },
  );

  test('is equal text for an equal request, without any time', () => {
    expect(encodeGateMessage(request())).toBe(encodeGateMessage(request()));
  });

  test.each([
    ['no JSON', 'the message is not a JSON object'],
    ['[]', 'the message is not a JSON object'],
    ['{"etcdAutopilot":2,"request":"gate"}', 'no request to a gate that this version knows'],
    ['{"etcdAutopilot":1,"request":"look"}', 'no request to a gate that this version knows'],
    ['{"etcdAutopilot":1,"request":"gate","event":{}}', 'the event has no ResponseURL'],
  ])('that is none has its reason: %s', (body, reason) => {
    expect(parseGateMessage(record(body))).toMatchObject({
      ok: false,
      reason: expect.stringContaining(reason),
    });
  });

  test('that nobody can read is kept without the signature of its URL', () => {
    const body = JSON.stringify({ etcdAutopilot: 9, event: { ResponseURL: RESPONSE_URL } });
    const parsed = parseGateMessage(record(body));
    expect(parsed).toMatchObject({ ok: false });
    expect(JSON.stringify(parsed)).toContain('https://bucket.s3.amazonaws.com/answer?…');
    expect(JSON.stringify(parsed)).not.toContain('secret');
  });

  test('without a time was sent long ago: it must not wait without an end', () => {
    const parsed = parseGateMessage(record(encodeGateMessage(request()), {}));
    expect(parsed).toMatchObject({ ok: true, message: { sentAtMs: 0 } });
  });
});

describe('the time of a request', () => {
  test('is over after its timeout', () => {
    expect(deadlineOf(message(), 600)).toBe(601_000);
    expect(isLastReceive(message(), 600, 600_999)).toBe(false);
    expect(isLastReceive(message(), 600, 601_000)).toBe(true);
  });

  test('is over before the queue would give it to the dead, whatever the clock says', () => {
    const worn = message({ receiveCount: RECEIVES_MAX });
    expect(isLastReceive(worn, 600, 2_000)).toBe(true);
    expect(isGivenUp(worn, 600, 2_000)).toBe(true);
  });

  test('leaves a minute more for somebody to take the answer', () => {
    expect(isGivenUp(message(), 600, 660_999)).toBe(false);
    expect(isGivenUp(message(), 600, 661_000)).toBe(true);
  });
});

describe('the answer of a gate', () => {
  const bytes = (text: string): number => new TextEncoder().encode(text).length;
  const encoded = (shortfalls: readonly Shortfall[]): string =>
    encodeCfnAnswer(request(), { ...shutAnswer(gate(), shut(shortfalls)), physicalId: 'core@x' });

  test('says what was missing, of which cluster, and what to do', () => {
    const { reason } = shutAnswer(gate(), shut([shortfall('voterSilent', 'i-0000000c')]));
    expect(reason).toBe(
      "after 600 seconds cluster 'core' was not as required: voter i-0000000c does not answer (voterSilent: " +
        `${SHORTFALL_ADVICE.voterSilent})`,
    );
  });

  test('tells the first few, and how many more there are', () => {
    const many = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => shortfall('voterSilent', name));
    const { reason } = shutAnswer(gate(), shut(many));
    expect(reason).toContain('voter e does not answer');
    expect(reason).not.toContain('voter f');
    expect(reason).toContain('and 2 more, which etcd-autopilot status --cluster core tells');
  });

  test.each([
    ['long names', 'x'.repeat(9_000)],
    ['names of four bytes a character', '🌍'.repeat(3_000)],
    ['names that need escapes', '"\\\u0001'.repeat(2_000)],
  ])('has at most 4,096 bytes, whatever the reasons say: %s', (_, subject) => {
    const text = encoded(Array.from({ length: 9 }, () => shortfall('voterSilent', subject)));
    expect(bytes(text)).toBeLessThanOrEqual(4_096);
    expect(JSON.parse(text)).toMatchObject({ Status: 'FAILED', RequestId: 'request-Update' });
  });

  test('has every attribute in every case: a stack fails over one that is missing', () => {
    const names = ['Cluster', 'Since', 'Voters'];
    const whole = openAnswer('core', { kind: 'whole', voterCount: 3, since: 'then' });
    expect(whole.attributes).toEqual({ Cluster: 'core', Voters: '3', Since: 'then' });
    for (const kind of ['notFounded', 'lettingGo'] as const)
      expect(Object.keys(openAnswer('core', { kind }).attributes).sort()).toEqual(names);
  });
});
