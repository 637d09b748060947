import type { CallOptions } from '@grpc/grpc-js';
import { Etcd3, type IHashKVResponse } from 'etcd3';

/** etcd3 with one call mended: its own `maintenance.hashKV` asks for a method of that name, and etcd's is `hashKv`. */
export class HashingEtcd extends Etcd3 {
  hashKv(revision: string, limits: CallOptions): Promise<IHashKVResponse> {
    return this.pool.exec('Maintenance', 'hashKv', { revision }, limits);
  }
}
