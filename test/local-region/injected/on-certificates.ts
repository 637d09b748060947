import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Authority, type KeyPair, makeAuthority } from '../../../infra/local/certificates.ts';
import type { InjectedFault } from './fault.ts';
import type { Ground } from './ground.ts';

const DAY_MS = 86_400_000;
const DOMAIN = 'ec2.internal';

const member = (authority: Authority, days: number): KeyPair =>
  authority.issue({
    ...{ commonName: 'member', names: [`*.${DOMAIN}`], addresses: ['127.0.0.1'] },
    validTo: new Date(Date.now() + days * DAY_MS),
  });

/** etcd reads its certificate anew for each connection. */
function shown(ground: Ground, id: string, { cert, key }: KeyPair): void {
  const dir = join(ground.region.machines.rootOf(id), 'etc/etcd-autopilot/tls');
  writeFileSync(join(dir, 'member.key'), key);
  writeFileSync(join(dir, 'member.crt'), cert);
}

const YEAR_DAYS = 365;

/** Of a cluster with TLS, whose certificates `authority` made. */
export const onCertificates = (authority: Authority): readonly InjectedFault[] => [
  {
    name: 'the certificate of a voter ends in five days',
    codes: ['certificateEnding'],
    end: 'left',
    inject: async (ground) => {
      const id = await ground.follower();
      shown(ground, id, member(authority, 5));
      return { subject: id, undo: async () => shown(ground, id, member(authority, YEAR_DAYS)) };
    },
  },
  {
    name: 'a voter shows a certificate of another authority',
    codes: ['certificateRefused', 'accessRefused'],
    end: 'left',
    inject: async (ground) => {
      const id = await ground.follower();
      shown(ground, id, member(makeAuthority('somebody else'), YEAR_DAYS));
      return { subject: id, undo: async () => shown(ground, id, member(authority, YEAR_DAYS)) };
    },
  },
];
