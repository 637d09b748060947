import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { loadSync } from '@grpc/proto-loader';
import { expect, test } from 'vitest';
import { clientNameOf } from '../../infra/build/client-name.ts';

const etcd3 = dirname(createRequire(import.meta.url).resolve('etcd3/package.json'));

test('a bundle calls every method of etcd by the name that etcd3 knows it by', () => {
  const services = Object.values(loadSync(join(etcd3, 'proto', 'rpc.proto'), { keepCase: true }));
  const names = services.flatMap((service) =>
    Object.values(Object(service)).flatMap((method) => {
      const { path, originalName } = Object(method);
      return typeof originalName === 'string' ? [[String(path).split('/').at(-1) ?? '', originalName]] : [];
    }),
  );
  expect(names.length).toBeGreaterThan(30);
  expect(names).toContainEqual(['HashKV', 'hashKv']);
  for (const [method = '', name] of names) expect(clientNameOf(method), method).toBe(name);
});
