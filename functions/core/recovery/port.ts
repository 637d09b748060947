/** What only whoever recovers needs beside the ports of every pass. */
export interface RecoveryPort {
  /** Name of the bucket that a cluster's settings name; `null`: that of the stack. */
  bucketName(bucket: string | null): string;
  /** Asks backup for the database of a survivor; `body` must differ each time, or deduplication swallows it. */
  askForCapture(cluster: string, body: string): Promise<void>;
}
