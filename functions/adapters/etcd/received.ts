import { type IncomingMessage, request } from 'node:http';
import { connect as connectOpenly, type Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { OperationError } from '../../core/errors.ts';
import type { MemberId } from '../../core/identity.ts';
import type { EtcdClients } from './clients.ts';

/** Far beyond what etcd tells of itself (some 200 KB). */
const BODY_BYTES_MAX = 8_000_000;

/** One line of etcd's metrics; the number may be written as `1.234e+06`. */
const RECEIVED = /^etcd_network_peer_received_bytes_total\{From="([0-9a-f]+)"\} (\S+)$/gm;

/**
 * How many bytes `endpoint` has received from each of its peers since it started, by etcd's
 * own metrics: the one place where a member says whom it hears. A member that hears another
 * has its heartbeat answers, ten a second, so the number grows.
 *
 * @throws {OperationError} `ETCD_UNAVAILABLE`: the metrics cannot be read.
 */
export async function received(
  clients: EtcdClients,
  endpoint: string,
): Promise<ReadonlyMap<MemberId, number>> {
  const text = await readMetrics(clients, endpoint).catch((cause: unknown) => {
    throw unreadable(endpoint, cause);
  });
  const counts = [...text.matchAll(RECEIVED)].map(
    ([, from = '0', bytes]) => [BigInt(`0x${from}`).toString(), Number(bytes)] as const,
  );
  return new Map(counts.filter(([id, bytes]) => id !== NOBODY && Number.isFinite(bytes)));
}

/** Peers keep their connections alive in nobody's name, whether their Raft works or not. */
const NOBODY = '0';

const unreadable = (endpoint: string, cause: unknown): OperationError =>
  new OperationError(
    'ETCD_UNAVAILABLE',
    'nextLook',
    `the metrics of ${endpoint} cannot be read`,
    { endpoint },
    cause,
  );

export function readMetrics(clients: EtcdClients, endpoint: string): Promise<string> {
  const { deadline } = clients.limits();
  const signal = AbortSignal.timeout(Math.max(1, deadline - Date.now()));
  return new Promise((resolve, reject) => {
    const createConnection = () => open(clients, endpoint);
    const asked = request({ path: '/metrics', createConnection, signal, headers: { connection: 'close' } });
    asked.on('response', (answer) => readBody(answer).then(resolve, reject));
    asked.on('error', reject);
    asked.end();
  });
}

/** To the address that EC2 gives, and trusted for the name in the URL, as every other call. */
function open(clients: EtcdClients, endpoint: string): Socket {
  const { address, port, name, tls } = clients.wayTo(endpoint);
  if (tls === null) return connectOpenly({ host: address, port });
  return connectSecurely({ host: address, port, servername: name, ...tls });
}

async function readBody(answer: IncomingMessage): Promise<string> {
  if (answer.statusCode !== 200) throw new Error(`it answers with status ${answer.statusCode}`);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer) {
    if (!Buffer.isBuffer(chunk)) continue;
    chunks.push(chunk);
    size += chunk.length;
    if (size > BODY_BYTES_MAX) throw new Error('it answers without end');
  }
  return Buffer.concat(chunks).toString('utf8');
}
