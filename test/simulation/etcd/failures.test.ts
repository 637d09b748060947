import { GRPCDeadlineExceededError, GRPCGenericError, GRPCUnavailableError } from 'etcd3';
import { expect, test } from 'vitest';
import { translateEtcdError } from '../../../functions/adapters/etcd/errors.ts';
import { type EtcdText, type Silence, saidBy, silenceOf, TEXTS } from './failures.ts';

const ENDPOINT = 'http://10.0.0.1:2379';
const essenceOf = ({ code, retry, context }: ReturnType<typeof saidBy>) => ({ code, retry, context });

test.each(Object.keys(TEXTS))('what etcd says becomes the error that the adapter makes of it: %s', (text) => {
  const isKnown = (key: string): key is EtcdText => key in TEXTS;
  if (!isKnown(text)) throw new Error(text);
  const cause = new GRPCGenericError(`9 FAILED_PRECONDITION: etcdserver: ${text}`);
  const real = translateEtcdError(cause, 'promote', ENDPOINT);
  expect(essenceOf(saidBy(ENDPOINT, 'promote', text))).toEqual(essenceOf(real));
});

test('an endpoint that says nothing becomes the error that the adapter makes of it', () => {
  const causes: Readonly<Record<Silence, Error>> = {
    deadline: new GRPCDeadlineExceededError('4 DEADLINE_EXCEEDED: Deadline exceeded'),
    notListening: new GRPCUnavailableError(
      '14 UNAVAILABLE: No connection established. Last error: connect ECONNREFUSED',
    ),
    unreachable: new GRPCUnavailableError(
      '14 UNAVAILABLE: No connection established. Last error: connect EHOSTUNREACH',
    ),
    denied: new GRPCGenericError('16 UNAUTHENTICATED: etcdserver: invalid auth token'),
  };
  for (const silence of ['deadline', 'notListening', 'unreachable', 'denied'] as const) {
    const real = translateEtcdError(causes[silence], 'remove', ENDPOINT);
    expect(essenceOf(silenceOf(ENDPOINT, 'remove', silence)), silence).toEqual(essenceOf(real));
  }
});
