import { globSync } from 'node:fs';

/** A part of the tests that talks to a real etcd. */
export interface Suite {
  readonly name: string;
  readonly about: string;
  /** The project of vitest.config.ts that its files belong to. */
  readonly project: 'code' | 'local-region';
  readonly files: readonly string[];
  readonly filesNot?: readonly string[];
  /** Ended, and failed, when it takes longer. */
  readonly secondsMax: number;
}

export const SUITES: readonly Suite[] = [
  {
    name: 'contract',
    about: 'the contract of the etcd port, and the adapter, plain and with TLS and authentication',
    project: 'code',
    files: ['test/contract/*.test.ts', 'test/adapters/etcd/*.test.ts'],
    filesNot: ['test/contract/etcd-fake.test.ts'],
    secondsMax: 300,
  },
  {
    name: 'real-etcd',
    about: 'the scenarios on real etcd, with AWS played',
    project: 'code',
    files: ['test/real-etcd/*.test.ts'],
    secondsMax: 600,
  },
  {
    name: 'boot-script',
    about: 'the boot scripts of members and workers, with real etcd, plain and under TLS',
    project: 'code',
    files: [
      'test/infra/node/real-etcd*.test.ts',
      'test/infra/node/worker-files.test.ts',
      'test/infra/node/worker-localhost.test.ts',
      'test/infra/node/worker-tls.test.ts',
      'test/infra/examples/nginx.test.ts',
    ],
    secondsMax: 240,
  },
  {
    name: 'local-region',
    about: 'a cluster in the local region: it is created, grows, shrinks, and its leader leaves',
    project: 'local-region',
    files: ['test/local-region/stock-clients.test.ts'],
    secondsMax: 420,
  },
  {
    name: 'secured',
    about: 'a cluster in the local region with TLS, and with users of etcd',
    project: 'local-region',
    files: ['test/local-region/secured.test.ts'],
    secondsMax: 420,
  },
];

/** The test files of a suite that are there. */
export const filesOf = ({ files, filesNot = [] }: Suite, root: string): readonly string[] =>
  files
    .flatMap((pattern) => globSync(pattern, { cwd: root }))
    .filter((file) => !filesNot.includes(file))
    .sort();
