import { describe, expect, test } from 'vitest';
import { BODY_BYTES_MAX, gatewayAnswer, parseHttp } from '../../../functions/core/reboot/http.ts';

const url = (over: Readonly<Record<string, unknown>> = {}) => ({
  version: '2.0',
  routeKey: '$default',
  rawPath: '/core/s/v1/pre-reboot',
  rawQueryString: '',
  headers: { 'fleet-lock-protocol': 'true', 'content-type': 'application/json' },
  requestContext: { accountId: 'anonymous', http: { method: 'POST', path: '/core/s/v1/pre-reboot' } },
  body: '{}',
  isBase64Encoded: false,
  ...over,
});
const balancer = (over: Readonly<Record<string, unknown>> = {}) => ({
  requestContext: { elb: { targetGroupArn: 'arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/a/b' } },
  httpMethod: 'POST',
  path: '/core/s/v1/pre-reboot',
  queryStringParameters: {},
  headers: { 'Fleet-Lock-Protocol': 'true' },
  body: '{}',
  isBase64Encoded: false,
  ...over,
});
const SAME = {
  method: 'POST',
  path: '/core/s/v1/pre-reboot',
  body: '{}',
};

describe('an HTTP request', () => {
  test('is the same through a function URL and through a load balancer', () => {
    const multi = { headers: undefined, multiValueHeaders: { 'FLEET-LOCK-PROTOCOL': ['true', 'false'] } };
    expect(parseHttp(url())).toMatchObject({ ...SAME, from: 'url' });
    expect(parseHttp(balancer())).toMatchObject({ ...SAME, from: 'balancer' });
    expect(parseHttp(balancer(multi))).toMatchObject({ ...SAME, from: 'balancerMulti' });
    for (const event of [url(), balancer(), balancer(multi)])
      expect(parseHttp(event)?.headers.get('fleet-lock-protocol')).toBe('true');
  });

  test('may come in base64, and without a body', () => {
    const body = Buffer.from('{"ü":1}').toString('base64');
    expect(parseHttp(url({ body, isBase64Encoded: true }))?.body).toBe('{"ü":1}');
    expect(parseHttp(url({ body: undefined }))?.body).toBe('');
    expect(parseHttp(balancer({ body: '' }))?.body).toBe('');
  });

  test.each([
    ['plain', (bytes: number) => ({ body: 'a'.repeat(bytes), isBase64Encoded: false })],
    [
      'of two bytes a letter',
      (bytes: number) => ({ body: `${'ü'.repeat(bytes >> 1)}${'a'.repeat(bytes % 2)}` }),
    ],
    [
      'in base64',
      (bytes: number) => ({ body: Buffer.alloc(bytes, 'a').toString('base64'), isBase64Encoded: true }),
    ],
  ])('with a body (%s) of a byte more than allowed has none', (_what, of) => {
    expect(parseHttp(url(of(BODY_BYTES_MAX)))?.body).not.toBeNull();
    expect(parseHttp(url(of(BODY_BYTES_MAX + 1)))?.body).toBeNull();
    expect(parseHttp(url(of(6_000_000)))?.body).toBeNull();
  });

  test.each([
    ['a message of a queue', { Records: [] }],
    ['an operator', { etcdAutopilot: 1, request: 'reboots', cluster: 'core' }],
    ['a context of somebody else', { requestContext: { apiId: 'x' } }],
    ['nothing', null],
    ['text', 'POST /'],
  ])('is not what %s sends', (_what, event) => {
    expect(parseHttp(event)).toBeNull();
  });

  test('of which nothing is as it should be says nothing, and is one', () => {
    expect(parseHttp({ requestContext: { http: {} }, rawPath: 1, headers: [], body: 2 })).toEqual({
      method: '',
      path: '',
      headers: new Map(),
      body: '',
      from: 'url',
    });
  });
});

describe('an answer', () => {
  const answer = {
    status: 409,
    headers: { 'content-type': 'application/json' },
    body: '{"kind":"a","value":"b"}',
  };
  const common = { statusCode: 409, body: answer.body, isBase64Encoded: false };

  test('is in the form of whoever passed the request on', () => {
    expect(gatewayAnswer('url', answer)).toEqual({ ...common, headers: answer.headers });
    expect(gatewayAnswer('balancer', answer)).toEqual({
      ...common,
      statusDescription: '409 Conflict',
      headers: answer.headers,
    });
    expect(gatewayAnswer('balancerMulti', answer)).toEqual({
      ...common,
      statusDescription: '409 Conflict',
      multiValueHeaders: { 'content-type': ['application/json'] },
    });
  });
});
