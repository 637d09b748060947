import { readFileSync } from 'node:fs';
import { type ClientRequest, type IncomingMessage, request as openRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { join } from 'node:path';
import type { EtcdTls } from './tls-ground.ts';

export interface WebAnswer {
  readonly ok: boolean;
  readonly text: string;
}

const ANSWER_WITHIN_MS = 1_000;

/** What etcd answers beside gRPC: `/health`, `/version`. With a client's certificate, where it has one to ask for. */
export function askWeb(
  {
    clientUrl,
    address,
    tls,
  }: { readonly clientUrl: string; readonly address: string; readonly tls?: EtcdTls },
  path: string,
): Promise<WebAnswer> {
  const { hostname, port } = new URL(clientUrl);
  const common = { host: address, port, path, agent: false, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) };
  const read = (name: string) => readFileSync(join(tls?.directory ?? '', name));
  return answerTo(
    tls === undefined
      ? openRequest(common)
      : secureRequest({
          ...common,
          servername: hostname,
          ca: read('ca.crt'),
          cert: read('client.crt'),
          key: read('client.key'),
        }),
  );
}

function answerTo(asked: ClientRequest): Promise<WebAnswer> {
  return new Promise((resolve, reject) => {
    asked.on('error', reject);
    asked.on('response', (answer: IncomingMessage) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      answer.on('error', reject).on('end', () => {
        const status = answer.statusCode ?? 500;
        resolve({ ok: status >= 200 && status < 300, text });
      });
    });
    asked.end();
  });
}
