import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CfnRequest, encodeCfnAnswer, parseCfnRequest } from '../../functions/core/cfn.ts';

const EVENT = {
  RequestType: 'Update',
  ResourceType: 'Custom::EtcdCluster',
  ResponseURL: 'https://bucket/answer?signature=1',
  StackId: 'stack',
  RequestId: 'request',
  LogicalResourceId: 'Registration',
  PhysicalResourceId: 'core@stack',
  ResourceProperties: { Cluster: 'core' },
};

const REQUEST: CfnRequest = {
  kind: 'Update',
  resourceType: 'Custom::EtcdCluster',
  responseUrl: 'https://bucket/answer?signature=1',
  stackId: 'stack',
  requestId: 'request',
  logicalId: 'Registration',
  physicalId: 'core@stack',
  properties: { Cluster: 'core' },
};

describe('a request', () => {
  test('is put in our words', () => {
    expect(parseCfnRequest(EVENT)).toEqual({ ok: true, request: REQUEST });
  });

  test('of a Create has no physical id', () => {
    const { PhysicalResourceId: _, ...event } = EVENT;
    expect(parseCfnRequest({ ...event, RequestType: 'Create' })).toMatchObject({
      request: { physicalId: null },
    });
  });

  test('over http is taken: the local region has no certificates', () => {
    expect(parseCfnRequest({ ...EVENT, ResponseURL: 'http://127.0.0.1/answer' }).ok).toBe(true);
  });

  test.each([
    [null, 'the event is not an object'],
    ['Create', 'the event is not an object'],
    [{ ...EVENT, ResponseURL: undefined }, 'the event has no ResponseURL'],
    [{ ...EVENT, ResponseURL: 'file:///etc/passwd' }, 'the event has no ResponseURL'],
    [{ ...EVENT, RequestType: 'Destroy' }, 'the RequestType is not Create, Update or Delete'],
    [{ ...EVENT, StackId: '', RequestId: 7 }, 'the event has no StackId, no RequestId'],
  ])('that is none is refused with its reason: %j', (event, reason) => {
    expect(parseCfnRequest(event)).toEqual({ ok: false, reason });
  });

  test('never makes the reader fail, whatever it is', () => {
    fc.assert(
      fc.property(fc.anything(), (event) => {
        expect(parseCfnRequest(event).ok).toBe(false);
      }),
    );
  });
});

describe('an answer', () => {
  const answerOf = (reason: string, attributes: Readonly<Record<string, string>> = { Cluster: 'core' }) =>
    encodeCfnAnswer(REQUEST, { status: 'FAILED', reason, physicalId: 'core@stack', attributes });

  test('carries the three ids of its request', () => {
    expect(JSON.parse(answerOf('no'))).toEqual({
      Status: 'FAILED',
      Reason: 'no',
      PhysicalResourceId: 'core@stack',
      StackId: 'stack',
      RequestId: 'request',
      LogicalResourceId: 'Registration',
      Data: { Cluster: 'core' },
    });
  });

  test('has its reason on one line', () => {
    expect(JSON.parse(answerOf('first\n  at second\n')).Reason).toBe('first at second');
  });

  test('that is too long loses part of its reason first, and then its attributes', () => {
    const long = JSON.parse(answerOf('x'.repeat(10_000)));
    expect(long.Reason).toHaveLength(1_000);
    expect(long.Data).toEqual({ Cluster: 'core' });
    const full = JSON.parse(answerOf('x'.repeat(10_000), { Cluster: 'y'.repeat(4_000) }));
    expect(full.Data).toBeUndefined();
    expect(full.Reason).toHaveLength(1_000);
  });

  test('never exceeds 4,096 bytes and always reads as JSON, whatever its reason and attributes', () => {
    const text = fc.string({ unit: 'binary', maxLength: 6_000, size: 'max' });
    fc.assert(
      fc.property(
        text,
        fc.dictionary(fc.string({ maxLength: 20 }), text, { maxKeys: 3 }),
        (reason, attributes) => {
          const body = answerOf(reason, attributes);
          expect(Buffer.byteLength(body)).toBeLessThanOrEqual(4_096);
          expect(JSON.parse(body).StackId).toBe('stack');
        },
      ),
      { numRuns: 200 },
    );
  });
});
