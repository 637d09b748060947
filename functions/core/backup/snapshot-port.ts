export interface SnapshotPort {
  /**
   * The database of the member behind `endpoint` as it sends it, with its checksum at the end; quorum or not. The
   * whole of it ends by `untilMs` (wall time), and sooner when the member falls silent on the way.
   *
   * @throws {OperationError} (while it is read) etcd refused, broke off or fell silent: what came until then is no snapshot.
   */
  snapshot(endpoint: string, untilMs: number): AsyncIterable<Uint8Array>;
}
