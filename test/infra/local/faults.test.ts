import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { callOf, serviceOf } from '../../../infra/local/fleet/faults/call.ts';
import { type BusEvent, EventLine } from '../../../infra/local/fleet/faults/event-line.ts';
import { KINDS, readFault } from '../../../infra/local/fleet/faults/kinds.ts';
import { Faults, viewOf } from '../../../infra/local/fleet/faults/register.ts';

describe('a request for a fault', () => {
  test('has a known kind, the target of its kind, and only options of its kind', () => {
    expect(readFault({ kind: 'drop-events', count: '3', type: 'terminate' })).toEqual({
      kind: 'drop-events',
      target: '',
      count: 3,
      seconds: null,
      type: 'terminate',
      group: null,
    });
    expect(() => readFault({ kind: 'kill-etcd' })).toThrow('kill-etcd: which instance?');
    expect(() => readFault({ kind: 'deny-api' })).toThrow('deny-api: which service?');
    expect(() => readFault({ kind: 'drop-events', target: 'i-1' })).toThrow('drop-events has no target');
    expect(() => readFault({ kind: 'kill-etcd', target: 'i-1', count: 2 })).toThrow(
      'kill-etcd takes no count',
    );
    expect(() => readFault({ kind: 'constructor' })).toThrow('unknown fault "constructor"');
    expect(() => readFault(null)).toThrow('unknown fault ""');
  });

  test.each(['0', '-1', '1.5', 'many', '1e3', '9999999'])('has whole numbers only, not %s', (count) => {
    expect(() => readFault({ kind: 'drop-events', count })).toThrow('count must be a whole number from 1 to');
  });
});

describe('faults in force', () => {
  const request = readFault({ kind: 'drop-events' });

  test('strike as often as they may, the oldest first', () => {
    const faults = new Faults();
    const [older, newer] = [faults.add(request, 'a', { count: 1 }), faults.add(request, 'b', { count: 1 })];
    expect([0, 1, 2].map(() => faults.strike(() => true)?.id)).toEqual([older.id, newer.id, undefined]);
    expect(faults.inForce()).toEqual([]);
    expect(faults.ended().map(viewOf)).toMatchObject([
      { id: newer.id, struck: 1, remains: 0 },
      { id: older.id, struck: 1, remains: 0 },
    ]);
  });

  test('without a count they strike until they are cleared, which undoes them once', () => {
    const faults = new Faults();
    const undo = vi.fn();
    const { id } = faults.add(request, 'a', { undo });
    for (let turn = 0; turn < 100; turn += 1) faults.strike(() => true);
    expect(faults.inForce().map(viewOf)).toMatchObject([{ id, struck: 100, remains: null }]);
    expect(faults.clearAll().map((fault) => fault.id)).toEqual([id]);
    expect(faults.strike(() => true)).toBeNull();
    expect(() => faults.clear(id)).toThrow(`no fault ${id} is in force`);
    expect(undo).toHaveBeenCalledTimes(1);
  });

  test('end with what they did', () => {
    const faults = new Faults();
    let isFrozen = true;
    faults.add(request, 'a', { isOver: () => !isFrozen });
    expect(faults.inForce()).toHaveLength(1);
    isFrozen = false;
    expect(faults.inForce()).toEqual([]);
  });
});

describe('the way of events to the bus', () => {
  let faults: Faults;
  let line: EventLine;
  let heard: string[];

  beforeEach(() => {
    vi.useFakeTimers();
    faults = new Faults();
    heard = [];
    line = new EventLine(faults, async ({ detail }) => void heard.push(String(detail['mark'])));
  });

  afterEach(() => {
    line.close();
    vi.useRealTimers();
  });

  const event = (mark: string, over: Partial<BusEvent> = {}): BusEvent => ({
    source: 'aws.autoscaling',
    detailType: 'EC2 Instance Launch Successful',
    resources: [],
    detail: { mark },
    group: 'g',
    ...over,
  });
  const put = (...marks: string[]) => {
    for (const mark of marks) line.put(event(mark));
  };
  const add = (fault: object) => {
    const request = readFault(fault);
    const untilMs =
      request.kind === 'drop-events' && request.seconds !== null
        ? Date.now() + request.seconds * 1_000
        : null;
    return faults.add(request, '', { count: request.count, untilMs, undo: () => line.releaseAll(request) });
  };
  const heardAfter = async (ms: number) => {
    await vi.advanceTimersByTimeAsync(ms);
    return heard.splice(0).join('');
  };

  test('keeps their order', async () => {
    put('a', 'b', 'c');
    expect(await heardAfter(0)).toBe('abc');
  });

  test('loses as many as a fault says, of its type and group only', async () => {
    add({ kind: 'drop-events', count: 1, type: 'terminate', group: 'g' });
    put('a');
    line.put(event('b', { detailType: 'EC2 Instance-terminate Lifecycle Action', group: 'other' }));
    line.put(event('c', { detailType: 'EC2 Instance-terminate Lifecycle Action' }));
    line.put(event('d', { detailType: 'EC2 Instance-terminate Lifecycle Action' }));
    expect(await heardAfter(0)).toBe('abd');
  });

  test('loses them for as long as a fault says', async () => {
    add({ kind: 'drop-events', seconds: 5 });
    put('a');
    expect(await heardAfter(4_999)).toBe('');
    put('b');
    await heardAfter(1);
    put('c');
    expect(await heardAfter(0)).toBe('c');
  });

  test('doubles them', async () => {
    add({ kind: 'duplicate-events', count: 2 });
    put('a', 'b', 'c');
    expect(await heardAfter(0)).toBe('aabbc');
  });

  test('holds them back for the seconds of a delay', async () => {
    add({ kind: 'delay-events', seconds: 3, count: 1 });
    put('a', 'b');
    expect(await heardAfter(2_999)).toBe('b');
    expect(await heardAfter(1)).toBe('a');
  });

  test('swaps each with the one that follows, or sends it when none does', async () => {
    add({ kind: 'reorder-events' });
    put('a', 'b', 'c', 'd', 'e');
    expect(await heardAfter(9_999)).toBe('badc');
    expect(await heardAfter(1)).toBe('e');
  });

  test('sends at once what a cleared fault held back', async () => {
    const { id } = add({ kind: 'delay-events', seconds: 3_600 });
    put('a', 'b');
    faults.clear(id);
    put('c');
    expect(await heardAfter(0)).toBe('abc');
  });
});

describe('a call', () => {
  const authorization = (service: string) =>
    `AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;
  const from = (
    service: string,
    over: { headers?: Record<string, string>; url?: string; method?: string } = {},
    body = '',
  ) => {
    const request = {
      url: over.url ?? '/',
      method: over.method ?? 'POST',
      headers: { authorization: authorization(service), ...over.headers },
    };
    const { operation, protocol } = callOf(serviceOf(request) ?? '', request, Buffer.from(body));
    return `${protocol} ${operation}`;
  };

  test('is told by its protocol', () => {
    expect(from('ssm', { headers: { 'x-amz-target': 'AmazonSSM.PutParameter' } })).toBe('json PutParameter');
    expect(from('autoscaling', {}, 'Action=SetInstanceHealth&Version=1')).toBe('query SetInstanceHealth');
    expect(from('ec2', {}, 'Action=DescribeInstances')).toBe('ec2 DescribeInstances');
    expect(from('ec2', { url: '/?Action=DescribeInstances' })).toBe('ec2 DescribeInstances');
    expect(from('lambda', { url: '/2015-03-31/functions/f/invocations?x=1' })).toBe('rest-json Invoke');
    expect(from('lambda', { url: '/2015-03-31/functions/f' })).toBe('rest-json null');
    expect(from('route53', { url: '/2013-04-01/hostedzone' })).toBe('rest-xml null');
  });

  test.each([
    ['GET', '/bucket/a/b?x-id=GetObject', 'GetObject'],
    ['HEAD', '/bucket/a', 'HeadObject'],
    ['PUT', '/bucket/a?x-id=PutObject', 'PutObject'],
    ['PUT', '/bucket/a?partNumber=1&uploadId=u', 'UploadPart'],
    ['POST', '/bucket/a?uploads', 'CreateMultipartUpload'],
    ['POST', '/bucket/a?uploadId=u', 'CompleteMultipartUpload'],
    ['DELETE', '/bucket/a?uploadId=u', 'AbortMultipartUpload'],
    ['DELETE', '/bucket/a', 'DeleteObject'],
    ['GET', '/bucket?list-type=2&prefix=a%2F', 'ListObjectsV2'],
    ['GET', '/bucket/?list-type=2', 'ListObjectsV2'],
    ['GET', '/bucket?uploads&prefix=a', 'ListMultipartUploads'],
    ['POST', '/bucket/?delete', 'DeleteObjects'],
    ['PUT', '/bucket', 'null'],
    ['GET', '/bucket?policy', 'null'],
  ])('of S3 is told by what it asks: %s %s', (method, url, operation) => {
    expect(from('s3', { method, url })).toBe(`rest-xml ${operation}`);
  });

  test('without a signature is of no service', () => {
    expect(serviceOf({ url: '/_fleet/faults', headers: {} })).toBeNull();
    const url = '/b/k?X-Amz-Credential=local%2F20260101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=1';
    expect(serviceOf({ url, headers: {} })).toBe('s3');
  });
});

test('every kind says what it does in one line of help', () => {
  for (const { does } of Object.values(KINDS)) expect(does).toMatch(/^\S.{3,95}\S$/);
});
