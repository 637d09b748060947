import { Agent, request } from 'node:http';

/** What the demo needs of etcd, through its own JSON gateway: no client library can hide a gap here. */
export interface EtcdHttp {
  /** @throws {Error} no acknowledgement within `deadlineMs`: the write may or may not have happened. */
  put(endpoint: string, key: string, value: string, deadlineMs: number): Promise<void>;
  /** Every key below `prefix`, by a linearizable read. */
  readAll(endpoint: string, prefix: string): Promise<ReadonlyMap<string, string>>;
  members(endpoint: string): Promise<readonly DemoMember[]>;
  close(): void;
}

export interface DemoMember {
  readonly id: string;
  readonly name: string;
  readonly isLearner: boolean;
}

const READ_DEADLINE_MS = 5_000;
const encode = (text: string): string => Buffer.from(text).toString('base64');
const decode = (text: unknown): string => Buffer.from(String(text), 'base64').toString();

export function openEtcdHttp(): EtcdHttp {
  const agent = new Agent({ keepAlive: true });
  const post = (endpoint: string, path: string, body: object, deadlineMs: number) =>
    postJson(agent, `${endpoint}/v3/${path}`, body, deadlineMs);
  return {
    put: async (endpoint, key, value, deadlineMs) => {
      await post(endpoint, 'kv/put', { key: encode(key), value: encode(value) }, deadlineMs);
    },
    readAll: async (endpoint, prefix) => {
      const rangeEnd = `${prefix.slice(0, -1)}${String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)}`;
      const answer = await post(
        endpoint,
        'kv/range',
        { key: encode(prefix), range_end: encode(rangeEnd) },
        READ_DEADLINE_MS,
      );
      return new Map(listOf(answer['kvs']).map((kv) => [decode(kv['key']), decode(kv['value'])]));
    },
    members: async (endpoint) => {
      const answer = await post(endpoint, 'cluster/member/list', {}, READ_DEADLINE_MS);
      return listOf(answer['members']).map((member) => ({
        id: String(member['ID']),
        name: String(member['name'] ?? ''),
        isLearner: member['isLearner'] === true,
      }));
    },
    close: () => agent.destroy(),
  };
}

export type Json = Readonly<Record<string, unknown>>;

export const listOf = (value: unknown): readonly Json[] => (Array.isArray(value) ? value : []);

/** One POST under a deadline that covers connecting, sending and the whole answer. */
export function postJson(agent: Agent, url: string, body: object, deadlineMs: number): Promise<Json> {
  return new Promise((resolve, reject) => {
    const text = JSON.stringify(body);
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    const outgoing = request(url, { method: 'POST', agent, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        clearTimeout(timer);
        const answerText = Buffer.concat(chunks).toString();
        if (answer.statusCode !== 200)
          reject(new Error(`etcd answered ${answer.statusCode}: ${answerText.slice(0, 200)}`));
        else resolve(JSON.parse(answerText));
      });
    });
    const timer = setTimeout(
      () => outgoing.destroy(new Error(`no answer within ${deadlineMs} ms`)),
      deadlineMs,
    );
    outgoing.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    outgoing.setNoDelay(true);
    outgoing.end(text);
  });
}
