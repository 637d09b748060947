import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import {
  AUTHORITATIVE_ANSWER,
  type DecodedPacket,
  decode,
  encode,
  type Packet,
  TRUNCATED_RESPONSE,
} from 'dns-packet';
import { respond, type Shuffle } from './answer.ts';
import type { Zone } from './zones.ts';

/** What a datagram carries without EDNS, and at most with it. */
const DATAGRAM_BYTES = 512;
const DATAGRAM_BYTES_MAX = 4_096;
const IDLE_MS = 10_000;
const RESPONSE_FLAG = 1 << 15;
const RECURSION_DESIRED = 1 << 8;
const CODES = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;

export interface NameServer {
  readonly address: string;
  /** The standard port where this process may take it, and always one above. */
  readonly ports: readonly number[];
  readonly close: () => Promise<void>;
}

export interface NameServerSettings {
  readonly address: string;
  /** Those that this process may not take, or that somebody has, are left out. */
  readonly ports: readonly number[];
  /** @throws when the zones cannot be read; the asker is told of a failure then */
  readonly zones: () => Promise<readonly Zone[]>;
  readonly shuffle?: Shuffle;
}

/**
 * Answers questions about the zones over UDP and TCP.
 *
 * @throws {Error} none of the ports can be taken
 */
export async function startNameServer(settings: NameServerSettings): Promise<NameServer> {
  const opened: Listener[] = [];
  try {
    for (const port of settings.ports) {
      const listener = await listenOn(settings, port);
      if (listener !== null) opened.push(listener);
    }
    if (opened.length === 0)
      throw new Error(`no port of ${settings.address} can be taken: ${settings.ports}`);
  } catch (error) {
    await Promise.all(opened.map((one) => one.close()));
    throw error;
  }
  return {
    address: settings.address,
    ports: opened.map(({ port }) => port),
    close: async () => void (await Promise.all(opened.map((one) => one.close()))),
  };
}

interface Listener {
  readonly port: number;
  readonly close: () => Promise<void>;
}

async function listenOn(settings: NameServerSettings, port: number): Promise<Listener | null> {
  const tcp = createServer((socket) => converse(settings, socket));
  const udp = createSocket('udp4', (message, from) => {
    void replyTo(settings, message, 'datagram').then((reply) => {
      if (reply !== null && !closed) udp.send(reply, from.port, from.address, () => undefined);
    });
  });
  let closed = false;
  const close = async (): Promise<void> => {
    closed = true;
    await Promise.all([
      new Promise<void>((done) => (tcp.listening ? tcp.close(() => done()) : done())),
      new Promise<void>((done) => udp.close(() => done())),
    ]);
  };
  try {
    await listening(tcp, () => tcp.listen(port, settings.address));
    await listening(udp, () => udp.bind(port, settings.address));
    udp.on('error', () => undefined); // somebody who asked has gone
    return { port, close };
  } catch (error) {
    await close();
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'EACCES' || code === 'EADDRINUSE') return null;
    throw error;
  }
}

function listening(server: Server | DatagramSocket, start: () => unknown): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.once('listening', () => {
      server.off('error', fail);
      done();
    });
    start();
  });
}

/** Messages over TCP have their length before them. */
function converse(settings: NameServerSettings, socket: Socket): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.unref();
  socket.setTimeout(IDLE_MS, () => socket.destroy());
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
      const message = rest.subarray(2, 2 + rest.readUInt16BE(0));
      rest = rest.subarray(2 + message.length);
      void replyTo(settings, message, 'stream').then((reply) => {
        if (reply === null) return;
        const length = Buffer.alloc(2);
        length.writeUInt16BE(reply.length);
        socket.write(Buffer.concat([length, reply]));
      });
    }
  });
}

async function replyTo(
  settings: NameServerSettings,
  message: Buffer,
  way: 'datagram' | 'stream',
): Promise<Buffer | null> {
  const query = decoded(message);
  if (query === null) return message.length < 2 ? null : reply(message.readUInt16BE(0), 'FORMERR', {});
  if (query.type !== 'query') return null; // an answer is not answered
  const answer = await replyOf(settings, query).catch(() => packetOf(query, 'SERVFAIL', {}));
  const bytes = encode(answer);
  const bytesMax = way === 'stream' ? 65_535 : datagramBytes(query);
  if (bytes.length <= bytesMax) return bytes;
  const flags = (answer.flags ?? 0) | TRUNCATED_RESPONSE;
  return encode({ ...answer, flags, answers: [], authorities: [] });
}

function decoded(message: Buffer): DecodedPacket | null {
  try {
    return decode(message);
  } catch {
    return null;
  }
}

async function replyOf(settings: NameServerSettings, query: DecodedPacket): Promise<Packet> {
  const [question, second] = query.questions ?? [];
  if (question === undefined || second !== undefined) return packetOf(query, 'FORMERR', {});
  if (opcodeOf(query) !== 0) return packetOf(query, 'NOTIMP', {});
  if (question.class !== undefined && question.class !== 'IN') return packetOf(query, 'REFUSED', {});
  const { code, answers, authorities } = respond(
    await settings.zones(),
    question,
    settings.shuffle ?? shuffled,
  );
  return packetOf(query, code, { answers: [...answers], authorities: [...authorities] });
}

function packetOf(query: DecodedPacket, code: keyof typeof CODES, sections: Partial<Packet>): Packet {
  const isAuthoritative = code === 'NOERROR' || code === 'NXDOMAIN';
  const flags =
    CODES[code] | (isAuthoritative ? AUTHORITATIVE_ANSWER : 0) | (query.flag_rd ? RECURSION_DESIRED : 0);
  const { questions = [] } = query;
  const edns = (query.additionals ?? []).some(({ type }) => type === 'OPT');
  const additionals: Packet['additionals'] = edns
    ? [
        {
          type: 'OPT',
          name: '.',
          udpPayloadSize: DATAGRAM_BYTES_MAX,
          extendedRcode: 0,
          ednsVersion: 0,
          flags: 0,
          flag_do: false,
          options: [],
        },
      ]
    : [];
  return { type: 'response', id: query.id ?? 0, flags, questions, additionals, ...sections };
}

function reply(id: number, code: keyof typeof CODES, sections: Partial<Packet>): Buffer {
  return encode({ type: 'response', id, flags: RESPONSE_FLAG | CODES[code], ...sections });
}

/** 0 is a question; the types of the codec do not name it. */
function opcodeOf({ flags = 0 }: DecodedPacket): number {
  return (flags >> 11) & 0xf;
}

function datagramBytes(query: DecodedPacket): number {
  const opt = (query.additionals ?? []).find(({ type }) => type === 'OPT');
  const asked = opt?.type === 'OPT' ? opt.udpPayloadSize : DATAGRAM_BYTES;
  return Math.min(Math.max(asked, DATAGRAM_BYTES), DATAGRAM_BYTES_MAX);
}

function shuffled<T>(items: readonly T[]): readonly T[] {
  return items
    .map((item) => ({ item, rank: Math.random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}
