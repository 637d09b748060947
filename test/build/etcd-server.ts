import { resolve } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/**
 * A gRPC server that speaks etcd's protocol from etcd3's own `rpc.proto`, through
 * the unchanged proto-loader: what a bundle says must mean the same to it.
 */
export interface FakeEtcdServer {
  readonly url: string;
  /** The token that came with each reading of the member list. */
  readonly tokens: string[];
  readonly transactions: object[];
  /** The next member list is denied. */
  refuseNext(): void;
  close(): void;
}

const HEADER = {
  cluster_id: '14841639068965178418',
  member_id: '10276657743932975437',
  revision: '9007199254740993',
  raft_term: '7',
};
const MEMBER = {
  ID: '18446744073709551615',
  name: 'i-0a',
  peerURLs: ['http://10.0.1.5:2380'],
  isLearner: true,
};
const DENIED = { code: grpc.status.PERMISSION_DENIED, details: 'etcdserver: permission denied' };

export async function fakeEtcdServer(): Promise<FakeEtcdServer> {
  const tokens: string[] = [];
  const transactions: object[] = [];
  let isRefusing = false;
  const server = new grpc.Server();
  server.addService(serviceOf('etcdserverpb.Cluster'), {
    MemberList: unary(({ metadata }) => {
      tokens.push(String(metadata.get('token')[0]));
      if (!isRefusing) return { header: HEADER, members: [MEMBER] };
      isRefusing = false;
      return null;
    }),
  });
  server.addService(serviceOf('etcdserverpb.Auth'), {
    Authenticate: unary(() => ({ header: HEADER, token: 'token-of-probe' })),
  });
  server.addService(serviceOf('etcdserverpb.KV'), {
    Txn: unary(({ request }) => {
      transactions.push(request);
      return { header: HEADER, succeeded: true, responses: [{ response_put: { header: HEADER } }] };
    }),
  });
  const url = `http://127.0.0.1:${await listen(server)}`;
  const refuseNext = (): void => {
    isRefusing = true;
  };
  return { url, tokens, transactions, refuseNext, close: () => server.forceShutdown() };
}

function serviceOf(name: string): grpc.ServiceDefinition {
  const definition = loadSync(resolve('node_modules/etcd3/proto/rpc.proto'), {
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  })[name];
  if (definition === undefined || 'format' in definition) throw new Error(`${name} is not a service`);
  return Object.fromEntries(Object.entries(definition));
}

/** Answers with what `answer` returns; `null` denies. */
function unary(
  answer: (call: grpc.ServerUnaryCall<object, object>) => object | null,
): grpc.handleUnaryCall<object, object> {
  return (call, callback) => {
    const value = answer(call);
    callback(value === null ? DENIED : null, value);
  };
}

function listen(server: grpc.Server): Promise<number> {
  return new Promise((done, fail) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) =>
      error === null ? done(port) : fail(error),
    );
  });
}
