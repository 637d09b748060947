import { describe, expect, test } from 'vitest';
import type { EtcdAccess, Secret } from '../../functions/core/access.ts';
import { OperationError } from '../../functions/core/errors.ts';
import type { EtcdPort } from '../../functions/core/ports.ts';
import { createLogger } from '../../functions/edge/logger.ts';
import { createMetrics } from '../../functions/edge/metrics.ts';
import { answerRequest } from '../../functions/membership/request.ts';
import { type Room, workOnBatch } from '../../functions/membership/room.ts';
import { lambdaContext } from '../custom-resources/world.ts';
import { CLUSTER, FakeWorld } from '../simulation/world/fake-world.ts';
import { makeCertificates } from '../support/certificates.ts';
import { AUTH, DOMAIN, SECURE, secretsOf } from '../support/secrets.ts';
import { denied, followerOf } from '../support/story.ts';

const made = makeCertificates(DOMAIN);
const PASSWORD = 'hunter2-hunter2';

/** What must be found nowhere: the password, and the bodies of all PEM texts. */
const MARKS = [
  PASSWORD,
  ...[made.ca, made.client.cert, made.client.key].map((pem) => pem.slice(40, 80).trim()),
];

/** A room that keeps every word that it says to anybody. */
class Talk {
  readonly world = new FakeWorld(3, { ...SECURE, ...AUTH });
  readonly said: string[] = [];
  readonly opened: EtcdAccess[] = [];

  constructor() {
    for (const [name, secret] of secretsOf(made, PASSWORD)) this.world.secrets.set(name, secret);
  }

  room(change: (port: EtcdPort) => Partial<EtcdPort> = () => ({})): Room {
    const { world } = this;
    const write = (line: string) => this.said.push(line);
    const ports = world.ports();
    const openEtcd = (access: EtcdAccess): EtcdPort => {
      this.opened.push(access);
      const port = ports.openEtcd(access);
      return { ...port, ...change(port) };
    };
    return {
      ports: { ...ports, openEtcd },
      dryRun: false,
      logger: createLogger('debug', () => world.nowMs, write),
      metrics: createMetrics(() => world.nowMs, write),
      takeCalls: () => ({}),
    };
  }

  async pass(change?: (port: EtcdPort) => Partial<EtcdPort>): Promise<void> {
    const room = this.room(change);
    const body = JSON.stringify({
      etcdAutopilot: 1,
      request: 'look',
      cluster: CLUSTER,
      nonce: this.world.nowMs,
    });
    await workOnBatch(room, [{ attributes: { MessageGroupId: CLUSTER }, body }], lambdaContext(60_000));
    await workOnBatch(
      room,
      [{ attributes: { MessageGroupId: CLUSTER }, body: 'unreadable' }],
      lambdaContext(60_000),
    );
    for (const request of ['status', 'plan']) {
      const answer = await answerRequest(
        this.room(change),
        { etcdAutopilot: 1, request, cluster: CLUSTER },
        lambdaContext(60_000),
      );
      this.said.push(JSON.stringify(answer));
    }
    for (let second = 0; second < 60; second += 1) this.world.tick();
  }

  /** Everything that was logged, counted, written, published, queued or answered. */
  everything(): string {
    const { parameters, events, looks, etcd, tags } = this.world;
    return JSON.stringify([this.said, [...parameters], events, looks, [...etcd.keys], [...tags]]);
  }
}

describe('secrets are found in nothing that is said, whatever happens', () => {
  test('in the life of a cluster', async () => {
    const talk = new Talk();
    for (let pass = 0; pass < 3; pass += 1) await talk.pass();
    talk.world.terminate(followerOf(talk.world));
    for (let pass = 0; pass < 3; pass += 1) await talk.pass();
    expect(talk.world.voters()).toHaveLength(3);
    expect(JSON.stringify(talk.opened)).toContain(PASSWORD); // they were there to be told
    expect(talk.said.join()).toContain('pass.finished');
    for (const mark of MARKS) expect(talk.everything()).not.toContain(mark);
  });

  test.each<[string, string, Secret | null]>([
    ['a key in a String', SECURE.tls.key, { value: made.client.key, isSecure: false }],
    ['a password in a String', AUTH.auth.password, { value: PASSWORD, isSecure: false }],
    ['a password in the place of the CA', SECURE.tls.ca, { value: PASSWORD, isSecure: false }],
    ['a password in the place of the key', SECURE.tls.key, { value: PASSWORD, isSecure: true }],
    ['a damaged key', SECURE.tls.key, { value: made.client.key.replace('M', '!'), isSecure: true }],
  ])('with %s', async (_title, name, secret) => {
    const talk = new Talk();
    if (secret !== null) talk.world.secrets.set(name, secret);
    await talk.pass();
    expect(talk.said.join()).toContain('secretsUnreadable');
    expect(talk.said.join()).toContain(name);
    for (const mark of MARKS) expect(talk.everything()).not.toContain(mark);
  });

  test('when they may not be read, or etcd refuses them', async () => {
    const talk = new Talk();
    talk.world.failing.set('secrets.read', denied);
    await talk.pass();
    talk.world.failing.clear();
    await talk.pass(() => ({
      probe: async (endpoints) =>
        endpoints.map((endpoint) => ({ kind: 'silent', endpoint, because: 'denied' })),
    }));
    await talk.pass(() => ({
      write: () =>
        Promise.reject(new OperationError('ETCD_ACCESS', 'never', 'denied', {}, new Error(PASSWORD))),
    }));
    expect(talk.said.join()).toContain('accessRefused');
    for (const mark of MARKS) expect(talk.everything()).not.toContain(mark);
  });
});
