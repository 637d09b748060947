/** One method of a port, as a call of it goes by names. */
export interface Call {
  /** `port.method`. */
  readonly name: string;
  readonly port: string;
  readonly send: (...given: readonly unknown[]) => unknown;
}

/** What stands before every call. */
export type Gate = (call: Call, given: readonly unknown[]) => unknown;

/** The same port behind a gate; `close` passes as it is. */
export function behind<T extends object>(port: T, name: string, gate: Gate): T {
  const methods: Record<string, unknown> = {};
  for (const [method, send] of Object.entries(port)) {
    if (typeof send !== 'function' || method === 'close') continue;
    const call = { name: `${name}.${method}`, port: name, send };
    methods[method] = (...given: readonly unknown[]) => gate(call, given);
  }
  return Object.assign({ ...port }, methods);
}
