import { common, type Environment, type Reader, reading, type Variables } from './environment.ts';

/** What whoever reads or writes snapshots is told. `queueUrl` is the queue of membership: it is asked for looks. */
export interface CareEnvironment extends Environment {
  /** The bucket of the stack; a cluster's settings may name another. */
  readonly snapshotBucket: string;
  readonly backupQueueUrl: string;
}

/** What the checks function is told beside that. */
export interface ChecksEnvironment extends CareEnvironment {
  readonly checksQueueUrl: string;
}

/** What the backup function is told beside that. */
export interface BackupEnvironment extends CareEnvironment {
  readonly verificationQueueUrl: string;
}

/** What the verification function is told beside that. */
export interface VerificationEnvironment extends CareEnvironment {
  /** Where the programs `etcd` and `etcdutl` lie, if anywhere. */
  readonly etcdToolsDir: string;
}

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const FOLDER = /^\/.+$/;

const care = (read: Reader): CareEnvironment => ({
  ...common(read),
  snapshotBucket: read.matching('SNAPSHOT_BUCKET', BUCKET, 'the name of a bucket'),
  backupQueueUrl: read.url('BACKUP_QUEUE_URL'),
});

/** Of membership. @throws {OperationError} `CONFIG_INVALID`: the deployment is wrong. */
export const readCareEnvironment = (env: Variables): CareEnvironment => reading(env, care);

/** @throws {OperationError} `CONFIG_INVALID`: the deployment is wrong. */
export const readChecksEnvironment = (env: Variables): ChecksEnvironment =>
  reading(env, (read) => ({ ...care(read), checksQueueUrl: read.url('CHECKS_QUEUE_URL') }));

/** @throws {OperationError} `CONFIG_INVALID`: the deployment is wrong. */
export const readBackupEnvironment = (env: Variables): BackupEnvironment =>
  reading(env, (read) => ({ ...care(read), verificationQueueUrl: read.url('VERIFICATION_QUEUE_URL') }));

/** @throws {OperationError} `CONFIG_INVALID`: the deployment is wrong. */
export const readVerificationEnvironment = (env: Variables): VerificationEnvironment =>
  reading(env, (read) => ({
    ...care(read),
    etcdToolsDir: read.matching('ETCD_TOOLS_DIR', FOLDER, 'a folder like /opt/bin'),
  }));
