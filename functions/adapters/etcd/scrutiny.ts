import { connect, type TLSSocket } from 'node:tls';
import type { ScrutinyPort, ShownCertificate } from '../../core/checks/ports.ts';
import type { SlowCounters } from '../../core/checks/sight.ts';
import { OperationError } from '../../core/errors.ts';
import { EtcdClients, type EtcdOptions, type WayToEtcd } from './clients.ts';
import { readMetrics } from './received.ts';

/** Asks each member's own side doors: its metrics, and its TLS listener. Nothing is kept open. */
export function openScrutiny(options: EtcdOptions): ScrutinyPort {
  const clients = new EtcdClients(options);
  return {
    counters: async (endpoint) => {
      const text = await readMetrics(clients, endpoint).catch((cause: unknown) => {
        throw silent(`the metrics of ${endpoint} cannot be read`, endpoint, cause);
      });
      return countersIn(text);
    },
    certificate: async (endpoint) => {
      const way = clients.wayTo(endpoint);
      if (way.tls === null) return null;
      return shakeHands(way, clients.limits().deadline - Date.now()).catch((cause: unknown) => {
        throw silent(`${endpoint} shows no certificate`, endpoint, cause);
      });
    },
  };
}

/** The bucket border next to a quarter of a second: a healthy disk has its writes far below. */
const QUICK_SYNC = 'etcd_disk_wal_fsync_duration_seconds_bucket{le="0.256"}';

/** What etcd counts of its own slowness; what a version does not tell counts as nothing. */
export function countersIn(text: string): SlowCounters {
  const syncs = numberAt(text, 'etcd_disk_wal_fsync_duration_seconds_count');
  return {
    syncs,
    slowSyncs: Math.max(0, syncs - numberAt(text, QUICK_SYNC, syncs)),
    slowApplies: numberAt(text, 'etcd_server_slow_apply_total'),
    leaderChanges: numberAt(text, 'etcd_server_leader_changes_seen_total'),
  };
}

function numberAt(text: string, name: string, otherwise = 0): number {
  const start = text.startsWith(`${name} `) ? 0 : text.indexOf(`\n${name} `) + 1;
  if (start === 0 && !text.startsWith(`${name} `)) return otherwise;
  const end = text.indexOf('\n', start);
  const number = Number(text.slice(start + name.length + 1, end === -1 ? undefined : end));
  return Number.isFinite(number) ? number : otherwise;
}

/** Whatever it shows is looked at, trusted or not: that it is not trusted is what is asked. */
function shakeHands({ address, port, name, tls }: WayToEtcd, timeoutMs: number): Promise<ShownCertificate> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, servername: name, ...tls, rejectUnauthorized: false });
    const end = (): void => {
      clearTimeout(timer);
      socket.destroy();
    };
    const timer = setTimeout(
      () => {
        end();
        reject(new Error('nobody answered in time'));
      },
      Math.max(1, timeoutMs),
    );
    socket.once('error', (error) => {
      end();
      reject(error);
    });
    socket.once('secureConnect', () => {
      const shown = certificateOf(socket);
      end();
      if (shown === null) reject(new Error('it showed nothing'));
      else resolve(shown);
    });
  });
}

function certificateOf(socket: TLSSocket): ShownCertificate | null {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return null;
  const { authorizationError } = socket;
  return {
    endsAtMs: Date.parse(certificate.validTo),
    refusal: socket.authorized ? null : String(authorizationError ?? 'it is not trusted'),
  };
}

const silent = (words: string, endpoint: string, cause: unknown): OperationError =>
  new OperationError('ETCD_UNAVAILABLE', 'nextLook', words, { endpoint }, cause);
