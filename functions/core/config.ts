export interface ClusterConfig {
  readonly version: 1;
  readonly size: number;
  readonly scheme: 'http';
  readonly clientPort: number;
  readonly peerPort: number;
  readonly graceSeconds: {
    readonly bootstrap: number;
    readonly unstarted: number;
    readonly silent: number;
    readonly replacement: number;
  };
  readonly removeForeign: boolean;
  readonly frozen: boolean;
  readonly recovery: 'manual';
  readonly stackId: string;
}
export function parseConfig(
  text: string,
):
  | { readonly ok: true; readonly config: ClusterConfig }
  | { readonly ok: false; readonly problems: readonly string[] } {
  try {
    return { ok: true, config: JSON.parse(text) as ClusterConfig };
  } catch {
    return { ok: false, problems: ['not JSON'] };
  }
}
