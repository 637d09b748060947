/** The queue in which requests to gates wait. */
export interface GateQueuePort {
  /** Puts a request in; again under the same key within minutes is the same request. */
  put(key: string, body: string): Promise<void>;
}

/** What a gate asks CloudFormation. */
export interface StackStatusPort {
  /** The stack's status as CloudFormation writes it, for example `UPDATE_ROLLBACK_IN_PROGRESS`; `null`: there is no such stack. */
  statusOf(stackId: string): Promise<string | null>;
}
