import { etcdPortContract } from './etcd-port.contract.ts';
import { makeRealWorld } from './real-etcd.ts';

/** The same under TLS, with etcd asking for a user. */
etcdPortContract('the adapter over a secured etcd', () => makeRealWorld(true));
