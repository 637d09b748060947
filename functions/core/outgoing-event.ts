/** What goes onto the account's default bus, in our words. */
export interface OutgoingEvent {
  readonly detailType: OutgoingEventType;
  readonly detail: Readonly<Record<string, unknown>> & { readonly cluster: string };
}

export type OutgoingEventType =
  | 'Member Joined'
  | 'Member Left'
  | 'Health Changed'
  | 'Cluster Degraded'
  | 'Cluster Healthy'
  | 'Drift Detected'
  | 'Drift Repaired'
  | 'Action Held'
  | 'Backup Completed'
  | 'Backup Failed'
  | 'Quorum Lost'
  | 'Recovery Started'
  | 'Recovery Ended';
