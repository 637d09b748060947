import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { translateEtcdError } from '../../../functions/adapters/etcd/errors.ts';
import { openEtcd } from '../../../functions/adapters/etcd/open.ts';
import { InvariantError } from '../../../functions/core/errors.ts';
import type { EtcdPort } from '../../../functions/core/ports.ts';
import { clientUrlOf, loopback, peerUrlOf } from '../../support/etcd-process.ts';
import { openSayingServer, type SayingServer } from './saying-server.ts';

const LEARNER = peerUrlOf(loopback(3));

let server: SayingServer;
let port: EtcdPort;

beforeAll(async () => {
  server = await openSayingServer(loopback(0));
});
beforeEach(() => {
  server.paths.length = 0;
  port = openEtcd({ deadlineMs: 2_000 });
});
afterEach(() => port.close());
afterAll(() => server.close());

describe('an error means what its text says, whatever its gRPC code', () => {
  test.each([
    [5, 'etcdserver: member not found', 'ETCD_REFUSED', 'nextLook'],
    [9, 'etcdserver: Peer URLs already exists', 'ETCD_REFUSED', 'nextLook'],
    [9, 'etcdserver: member ID already exist', 'ETCD_REFUSED', 'nextLook'],
    [9, 'etcdserver: re-configuration failed due to not enough started members', 'ETCD_REFUSED', 'nextLook'],
    [9, 'etcdserver: too many learner members in cluster', 'ETCD_REFUSED', 'nextLook'],
    [14, 'etcdserver: unhealthy cluster', 'ETCD_REFUSED', 'nextLook'],
    [14, 'etcdserver: rpc not supported for learner', 'ETCD_REFUSED', 'nextLook'],
    [9, 'etcdserver: rpc not supported for learner', 'ETCD_REFUSED', 'nextLook'],
    [9, 'etcdserver: bad leader transferee', 'ETCD_REFUSED', 'nextLook'],
    [9, 'etcdserver: something new', 'ETCD_REFUSED', 'nextLook'],
    [8, 'etcdserver: mvcc: database space exceeded', 'ETCD_REFUSED', 'never'],
    [12, 'unknown method MemberAdd', 'ETCD_REFUSED', 'never'],
    [14, 'etcdserver: no leader', 'ETCD_UNAVAILABLE', 'nextLook'],
    [9, 'etcdserver: not leader', 'ETCD_UNAVAILABLE', 'nextLook'],
    [14, 'etcdserver: leader changed', 'ETCD_UNAVAILABLE', 'nextLook'],
    [14, 'etcdserver: request timed out', 'ETCD_UNAVAILABLE', 'nextLook'],
    [
      14,
      'etcdserver: request timed out, possibly due to previous leader failure',
      'ETCD_UNAVAILABLE',
      'nextLook',
    ],
    [8, 'etcdserver: too many requests', 'ETCD_UNAVAILABLE', 'nextLook'],
    [4, 'context deadline exceeded', 'ETCD_UNAVAILABLE', 'nextLook'],
    [14, 'transport is closing', 'ETCD_UNAVAILABLE', 'nextLook'],
    [7, 'etcdserver: permission denied', 'ETCD_ACCESS', 'never'],
    [3, 'etcdserver: user name is empty', 'ETCD_ACCESS', 'never'],
    [2, 'auth: user not found', 'ETCD_ACCESS', 'never'],
    [2, 'auth: user name is empty', 'ETCD_ACCESS', 'never'],
    [16, 'no credentials', 'ETCD_ACCESS', 'never'],
  ])('%i %s is %s, to be tried again %s', async (code, text, expected, retry) => {
    server.say(code, text);
    const failing = port.addLearner(server.endpoint, LEARNER);
    await expect(failing).rejects.toMatchObject({ name: 'OperationError', code: expected, retry });
    await expect(failing).rejects.toThrow(text.replace(/^(?:etcdserver|auth): /, ''));
    await expect(failing).rejects.toThrow(server.endpoint);
  });

  test('a mutation is asked for once, however it fails', async () => {
    for (const [code, text] of [
      [14, 'etcdserver: unhealthy cluster'],
      [14, 'connection reset'],
      [13, 'Received RST_STREAM'],
      [4, 'etcdserver: request timed out'],
    ] as const) {
      server.paths.length = 0;
      server.say(code, text);
      await expect(port.addLearner(server.endpoint, LEARNER)).rejects.toThrow(
        text.replace(/^(?:etcdserver|auth): /, ''),
      );
      expect(server.paths).toEqual(['/etcdserverpb.Cluster/MemberAdd']);
    }
  });

  test('five refusals in a row do not make the client silent for the sixth call', async () => {
    server.say(14, 'etcdserver: unhealthy cluster');
    for (let call = 0; call < 6; call += 1) {
      await expect(port.addLearner(server.endpoint, LEARNER)).rejects.toThrow('unhealthy cluster');
    }
    expect(server.paths).toHaveLength(6);
  });

  test('silence after a mutation says that it may have happened, after a read it does not', async () => {
    server.say(14, 'etcdserver: request timed out');
    await expect(port.remove(server.endpoint, '1')).rejects.toThrow('it may have happened all the same');
    await expect(port.members(server.endpoint)).rejects.not.toThrow('may have happened');
  });

  test('where nobody listens, a mutation did not happen', async () => {
    const failing = port.remove(clientUrlOf(loopback(2)), '1');
    await expect(failing).rejects.toMatchObject({ code: 'ETCD_UNAVAILABLE', retry: 'nextLook' });
    await expect(failing).rejects.not.toThrow('may have happened');
  });
});

describe('some refusals are good news', () => {
  test('removing what is gone is success', async () => {
    server.say(5, 'etcdserver: member not found');
    await expect(port.remove(server.endpoint, '1')).resolves.toBeUndefined();
  });

  test('promoting a voter is promoted, promoting a learner that lags is not in sync', async () => {
    server.say(9, 'etcdserver: can only promote a learner member');
    expect(await port.promote(server.endpoint, '1')).toBe('promoted');
    server.say(9, 'etcdserver: can only promote a learner member which is in sync with leader');
    expect(await port.promote(server.endpoint, '1')).toBe('notInSync');
  });

  test('releasing a permit whose lease is gone is fine', async () => {
    server.say(5, 'etcdserver: requested lease not found');
    await expect(port.releasePermit(server.endpoint, { leaseId: '1', owner: 'me' })).resolves.toBeUndefined();
  });
});

describe('a failing probe is a value with its reason', () => {
  test.each([
    [14, 'connection reset', 'unreachable'],
    [4, 'context deadline exceeded', 'deadline'],
    [14, 'etcdserver: unhealthy cluster', 'failed'],
    [16, 'no credentials', 'denied'],
    [7, 'etcdserver: permission denied', 'denied'],
    [14, 'etcdserver: server stopped', 'failed'],
    [12, 'unknown method Status', 'failed'],
  ])('%i %s is silence because it is %s', async (code, text, because) => {
    server.say(code, text);
    expect(await port.probe([server.endpoint])).toEqual([
      { kind: 'silent', endpoint: server.endpoint, because },
    ]);
  });

  test('an address that is none fails, and does not throw', async () => {
    const [probe] = await port.probe(['http://']);
    expect(probe).toMatchObject({ kind: 'silent', endpoint: 'http://' });
  });
});

test('a port that refused connections a moment ago is asked again at once, without back-off', async () => {
  const address = loopback(1);
  const endpoint = clientUrlOf(address);
  const refused = [{ kind: 'silent', endpoint, because: 'refused' }];
  for (let probe = 0; probe < 3; probe += 1) expect(await port.probe([endpoint])).toEqual(refused);
  const late = await openSayingServer(address);
  late.say(14, 'etcdserver: server stopped');
  expect(await port.probe([endpoint])).toMatchObject([{ because: 'failed' }]);
  port.close();
  await late.close();
});

describe('a bug of ours is not dressed as weather', () => {
  test('what is neither the error of etcd nor of the network is thrown as it is', () => {
    const bug = new TypeError('x is not a function');
    expect(() => translateEtcdError(bug, 'read', 'http://a')).toThrow(bug);
    expect(() => translateEtcdError('text', 'read', 'http://a')).toThrow('text');
  });

  test('a closed port refuses to be asked', async () => {
    port.close();
    await expect(port.members(server.endpoint)).rejects.toBeInstanceOf(InvariantError);
  });
});
