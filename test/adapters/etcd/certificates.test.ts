import { createSecureServer, type Http2SecureServer } from 'node:http2';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openEtcd } from '../../../functions/adapters/etcd/open.ts';
import type { EtcdPort } from '../../../functions/core/ports.ts';
import type { KeyPair } from '../../../infra/local/certificates.ts';
import { makeCertificates } from '../../support/certificates.ts';
import { loopback } from '../../support/etcd-process.ts';

const DOMAIN = 'core.test';
const made = makeCertificates(DOMAIN);
const NAME = `i-1.${DOMAIN}`;
const ENDPOINT = `https://${NAME}:2379`;

interface Side {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}
const US: Side = { ca: made.ca, cert: made.client.cert, key: made.client.key };

let servers: Http2SecureServer[] = [];
let askedCount = 0;
const ports: EtcdPort[] = [];

/** Speaks gRPC under TLS like etcd, wants a client's certificate of our authority, and says one word. */
async function serve(address: string, { cert, key }: KeyPair): Promise<void> {
  const options = { cert, key, ca: made.ca, requestCert: true, rejectUnauthorized: true };
  const server = createSecureServer(options);
  server.on('stream', (stream) => {
    askedCount += 1;
    const said = { 'grpc-status': 14, 'grpc-message': 'etcdserver: server stopped' };
    stream.on('error', () => undefined);
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...said }, { endStream: true });
  });
  server.on('sessionError', () => undefined).on('tlsClientError', () => undefined);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(2379, address, resolve);
  });
  servers.push(server);
}

const GOOD = loopback(0);
const EXPIRED = loopback(1);
const MISNAMED = loopback(2);
const STRANGER = loopback(3);

beforeAll(async () => {
  await serve(GOOD, made.member);
  await serve(EXPIRED, made.expired);
  await serve(MISNAMED, made.misnamed);
  await serve(STRANGER, made.stranger.member);
});
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
  askedCount = 0;
});
afterAll(async () => {
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  servers = [];
});

function openAt(address: string | null, tls = US): EtcdPort {
  const addressOf = (host: string) => (host === NAME ? address : null);
  const port = openEtcd({ deadlineMs: 2_000, tls, auth: null, addressOf });
  ports.push(port);
  return port;
}

const because = (reason: string) => [{ kind: 'silent', endpoint: ENDPOINT, because: reason }];

describe('under TLS', () => {
  test('etcd is asked at its address, and its certificate verified for its name', async () => {
    // It says that it is stopped: so it was heard, which needs both certificates accepted.
    expect(await openAt(GOOD).probe([ENDPOINT])).toEqual(because('failed'));
    expect(askedCount).toBeGreaterThan(0);
  });

  test.each([
    ['has expired', EXPIRED],
    ['is for another name', MISNAMED],
    ['is of another authority', STRANGER],
  ])('a server whose certificate %s is untrusted, and told nothing', async (_what, address) => {
    const port = openAt(address);
    expect(await port.probe([ENDPOINT])).toEqual(because('untrusted'));
    await expect(port.members(ENDPOINT)).rejects.toMatchObject({
      code: 'ETCD_ACCESS',
      retry: 'never',
      message: expect.stringContaining(`etcd at ${ENDPOINT} and the autopilot do not accept each other`),
    });
    await expect(port.remove(ENDPOINT, '1')).rejects.not.toThrow('may have happened');
    expect(askedCount).toBe(0);
  });

  test('an authority that we do not know is not trusted, whatever this machine trusts', async () => {
    expect(await openAt(GOOD, { ...US, ca: made.stranger.ca }).probe([ENDPOINT])).toEqual(
      because('untrusted'),
    );
  });

  test('old and new authority are both trusted while one replaces the other', async () => {
    const both = { ...US, ca: made.stranger.ca + made.ca };
    expect(await openAt(GOOD, both).probe([ENDPOINT])).toEqual(because('failed'));
    expect(await openAt(STRANGER, both).probe([ENDPOINT])).toEqual(because('failed'));
  });

  test('a machine that listens to nobody is refused, which has nothing to do with trust', async () => {
    expect(await openAt(loopback(9)).probe([ENDPOINT])).toEqual(because('refused'));
  });

  test('a name whose address EC2 does not give is unreachable, and never resolved', async () => {
    const port = openAt(null);
    expect(await port.probe([ENDPOINT])).toEqual(because('unreachable'));
    await expect(port.remove('https://localhost:2379', '1')).rejects.toThrow(
      'the address of localhost is not known',
    );
  });
});
