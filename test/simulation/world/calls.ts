/** One method of a port, as a call of its goes by names. */
export interface Call {
  /** `port.method`. */
  readonly name: string;
  readonly port: string;
  readonly method: string;
  readonly send: (...given: readonly unknown[]) => unknown;
}

/** The methods of a port, to be stood before; what it has beside them, and `close`, passes as it is. */
export function callsOf(port: object, name: string): readonly Call[] {
  return Object.entries(port).flatMap(([method, send]) =>
    typeof send === 'function' && method !== 'close'
      ? [{ name: `${name}.${method}`, port: name, method, send }]
      : [],
  );
}

/** What stands before every call. */
export type Gate = (call: Call, given: readonly unknown[]) => unknown;

/** The same port behind a gate. Made for every function, and asked some hundred times: no proxy would do. */
export function gated<T extends object>(port: T, calls: readonly Call[], gate: Gate): T {
  const methods: Record<string, unknown> = {};
  for (const call of calls) methods[call.method] = (...given: readonly unknown[]) => gate(call, given);
  return Object.assign({ ...port }, methods);
}
