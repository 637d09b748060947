import { randomBytes } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Etcd3, GRPCFailedPreconditionError, GRPCUnavailableError } from 'etcd3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { openEtcd } from '../../functions/adapters/etcd/open.ts';
import type { EtcdPort } from '../../functions/core/ports.ts';
import { memberIdOf } from '../../functions/core/raft-ids.ts';
import { isAtLeast } from '../../infra/etcd/version.ts';
import { familyOf, isSince } from '../simulation/etcd/versions.ts';
import { testEtcd } from '../support/answering-etcd.ts';
import { EtcdProcess, etcdBinDir, foundCluster, loopback, peerUrlOf } from '../support/etcd-process.ts';

/**
 * What differs between the versions of etcd that are supported, each difference
 * asserted on both of its sides. The tests build on each other: five voters, of
 * which fewer and fewer run.
 */
const { version } = await testEtcd();
/** What the simulation believes of this version. */
const family = familyOf(version);
const LEARNER = loopback(5);
const LEARNER_PEER_URL = peerUrlOf(LEARNER);
const LATER_PEER_URL = peerUrlOf(loopback(6));
/** Ids are made of the address and the second: one that was just removed cannot be added at once. */
const BESIDE_PEER_URL = peerUrlOf(loopback(9));

let dir: string;
let voters: readonly EtcdProcess[];
let learner: EtcdProcess;
let learnerId: string;
let port: EtcdPort;

function start(name: string, address: string, flags: readonly string[] = []): EtcdProcess {
  const peerUrl = peerUrlOf(address);
  const isAlone = name === 'alone';
  const cluster = isAlone ? [] : voters.map(({ settings, peerUrl: url }) => `${settings.name}=${url}`);
  return new EtcdProcess({
    name,
    address,
    dir: join(dir, name),
    binDir: voters[0]?.settings.binDir ?? '',
    initialCluster: [...cluster, `${name}=${peerUrl}`].join(','),
    initialState: isAlone ? 'new' : 'existing',
    token: name,
    flags,
  });
}

const urlOf = (index: number): string => voters[index]?.clientUrl ?? '';

/** An operator's client, which knows nothing of the autopilot. */
async function byHand<T>(url: string, work: (client: Etcd3) => Promise<T>): Promise<T> {
  const client = new Etcd3({ hosts: url, defaultCallOptions: () => ({ deadline: Date.now() + 2_000 }) });
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

const learnerFlags = (): Promise<readonly (boolean | undefined)[]> =>
  Promise.all(
    voters.map(async ({ clientUrl }) => {
      const members = await port.members(clientUrl);
      return members.find(({ id }) => id === learnerId)?.isLearner;
    }),
  );

/** The first voter has seen that this other one is gone: what it judges by is what is true. */
async function loseVoter(index: number): Promise<void> {
  const voter = voters[index];
  await voter?.kill();
  const id = BigInt(memberIdOf(voter?.peerUrl ?? '', voter?.settings.token ?? '')).toString(16);
  const isGone = new RegExp(`^etcd_network_active_peers\\{.*Remote="${id}"\\} 0$`, 'm');
  await vi.waitFor(async () => expect(await (await fetch(`${urlOf(0)}/metrics`)).text()).toMatch(isGone), {
    timeout: 10_000,
    interval: 50,
  });
}

/** So that no election comes in between when others are killed. */
async function makeFirstLead(): Promise<void> {
  const statuses = (await port.probe(voters.map(({ clientUrl }) => clientUrl))).flatMap((probe) =>
    probe.kind === 'status' ? [probe] : [],
  );
  const leader = statuses.find(({ status }) => status.memberId === status.leaderId);
  const first = statuses.find(({ endpoint }) => endpoint === urlOf(0));
  if (leader === undefined || first === undefined) throw new Error('nobody leads');
  if (leader !== first) await port.moveLeader(leader.endpoint, first.status.memberId);
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'etcd-versions-'));
  const addresses = [0, 1, 2, 3, 4].map(loopback);
  const token = `versions-${randomBytes(8).toString('hex')}`;
  voters = await foundCluster({ addresses, prefix: 'voter', token, dir, binDir: await etcdBinDir() });
  learner = start('learner', LEARNER);
  const first = openEtcd({ deadlineMs: 2_000 });
  // A young cluster refuses until its members were connected for five seconds, in every version.
  learnerId = await vi.waitFor(() => first.addLearner(urlOf(0), LEARNER_PEER_URL), {
    timeout: 15_000,
    interval: 200,
  });
  first.close();
  await learner.start();
  await learner.ready();
});
beforeEach(() => {
  port = openEtcd({ deadlineMs: 2_000 });
});
afterEach(() => port.close());
afterAll(async () => {
  await Promise.all(
    [...(voters ?? []), ...(learner === undefined ? [] : [learner])].map((one) => one.kill()),
  );
  await rm(dir, { recursive: true, force: true });
});

describe(`etcd ${version}`, () => {
  test('a learner refuses reads as unavailable up to 3.5, as a failed precondition since: one to the port', async () => {
    const reading = byHand(learner.clientUrl, (client) => client.get('any').string());
    await expect(reading).rejects.toThrow('rpc not supported for learner');
    const kind = isAtLeast(version, '3.6.0') ? GRPCFailedPreconditionError : GRPCUnavailableError;
    await expect(reading).rejects.toBeInstanceOf(kind);
    await expect(port.read(learner.clientUrl, 'any')).rejects.toMatchObject({
      code: 'ETCD_REFUSED',
      retry: 'nextLook',
    });
    expect(await port.probe([learner.clientUrl])).toMatchObject([{ kind: 'status', linearizable: false }]);
  });

  test('a second learner is refused in every version', async () => {
    await expect(port.addLearner(urlOf(0), LATER_PEER_URL)).rejects.toMatchObject({
      code: 'ETCD_REFUSED',
      message: expect.stringContaining('too many learner members in cluster'),
    });
  });

  test('S26 an operator updates a learner: every member calls it a voter before 3.5.31 and 3.6.12, none since', async () => {
    expect(await learnerFlags()).toEqual(voters.map(() => true));
    await byHand(urlOf(0), (client) =>
      client.cluster.memberUpdate({ ID: learnerId, peerURLs: [LEARNER_PEER_URL] }),
    );
    const isKept = family.keepsLearnerFlag;
    await vi.waitFor(async () => expect(await learnerFlags()).toEqual(voters.map(() => isKept)), 5_000);
    expect(await port.probe([learner.clientUrl])).toMatchObject([{ kind: 'status', linearizable: !isKept }]);
  });

  test('S26 the autopilot has no way to update a member', () => {
    const sources = globSync('functions/**/*.ts').map((path) => readFileSync(path, 'utf8'));
    expect(sources.filter((text) => text.includes('memberRemove'))).not.toEqual([]);
    expect(sources.filter((text) => /memberUpdate/i.test(text))).toEqual([]);
  });

  test('liveness and readiness can be asked from 3.4.29 and 3.5.11 on', async () => {
    const answers = await Promise.all(['livez', 'readyz'].map((path) => fetch(`${urlOf(0)}/${path}`)));
    const expected = isSince(version, '3.4.29', '3.5.11') ? 200 : 404;
    expect(answers.map(({ status }) => status)).toEqual([expected, expected]);
  });

  test('two frozen voters of five are lost to 3.4 after some seconds, and connected ever after: a learner is added', async () => {
    await port.remove(urlOf(0), learnerId);
    await learner.kill();
    await makeFirstLead();
    for (const voter of voters.slice(3)) voter.freeze();
    const add = () => port.addLearner(urlOf(0), BESIDE_PEER_URL);
    if (family.frozenSeemsConnectedMs < 10_000) {
      await vi.waitFor(
        async () => {
          const outcome = await add().catch((error: unknown) => error);
          if (typeof outcome === 'string') await port.remove(urlOf(0), outcome);
          expect(outcome).toMatchObject({ message: expect.stringContaining('unhealthy cluster') });
        },
        { timeout: 15_000, interval: 500 },
      );
    } else {
      await new Promise((resolve) => setTimeout(resolve, 7_000)); // what does not happen cannot be waited for
      await port.remove(urlOf(0), await add());
    }
    for (const voter of voters.slice(3)) voter.thaw();
  }, 30_000);

  test('with one of five voters down nobody is added before 3.5.30 and 3.6.11, and a learner at once since', async () => {
    await port.remove(urlOf(0), learnerId);
    await learner.kill();
    await makeFirstLead();
    await loseVoter(4);
    const adding = port.addLearner(urlOf(0), LATER_PEER_URL);
    if (family.addNeeds === 'nextQuorum') {
      await port.remove(urlOf(0), await adding);
    } else {
      await expect(adding).rejects.toMatchObject({
        code: 'ETCD_REFUSED',
        retry: 'nextLook',
        message: expect.stringContaining('unhealthy cluster'),
      });
    }
  });

  test('with two of five voters down nobody is added in any version', async () => {
    await loseVoter(3);
    await expect(port.addLearner(urlOf(0), LATER_PEER_URL)).rejects.toMatchObject({
      code: 'ETCD_REFUSED',
      message: expect.stringContaining('unhealthy cluster'),
    });
  });

  test('a voter without its majority tells its members in 3.4, and not since; no version lets it read', async () => {
    await loseVoter(2);
    const listing = port.members(urlOf(0));
    if (family.confirmsList) {
      await expect(listing).rejects.toMatchObject({ code: 'ETCD_UNAVAILABLE', retry: 'nextLook' });
    } else {
      expect(await listing).toHaveLength(5);
    }
    expect(await port.probe([urlOf(0)])).toMatchObject([{ kind: 'status', linearizable: false }]);
  });

  test('a cluster of one takes a learner at once, in every version', async () => {
    const alone = start('alone', loopback(8));
    await alone.start();
    await alone.ready();
    const learnerOfOne = await port.addLearner(alone.clientUrl, LATER_PEER_URL).finally(() => alone.kill());
    expect(learnerOfOne).toMatch(/^\d+$/);
  });

  test('a flag --experimental-* is taken up to 3.6, and ends etcd since', async () => {
    const alone = start('alone', loopback(7), ['--experimental-initial-corrupt-check=true']);
    await alone.start();
    const serving = alone.ready().finally(() => alone.kill());
    if (isAtLeast(version, '3.7.0')) await expect(serving).rejects.toThrow('does not serve');
    else await serving;
  });
});
