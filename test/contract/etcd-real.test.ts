import { etcdPortContract } from './etcd-port.contract.ts';
import { makeRealWorld } from './real-etcd.ts';

etcdPortContract('the adapter over a real etcd', () => makeRealWorld(false));
