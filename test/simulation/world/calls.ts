/** A port that answers at once: what stands before its calls makes promises of the answers. */
export type AtOnce<Port> = {
  readonly [Method in keyof Port]: Port[Method] extends (...given: infer Given) => Promise<infer Answer>
    ? (...given: Given) => Answer
    : Port[Method];
};

/** One method of a port, as a call of it goes by names. */
export interface Call {
  /** `port.method`. */
  readonly name: string;
  readonly port: string;
  readonly method: string;
  readonly send: (...given: readonly unknown[]) => unknown;
}

/** All methods of a port. */
export interface Calls<Port> {
  readonly all: readonly Call[];
  readonly of?: Port;
}

export function callsOf<Port extends object>(port: AtOnce<Port>, name: string): Calls<Port> {
  const methods: object = port;
  return {
    all: Object.entries(methods).map(([method, send]) => ({
      name: `${name}.${method}`,
      port: name,
      method,
      send,
    })),
  };
}

/** How a call is sent in the end. It answers or throws at once, or promises to. */
export type Send = (call: Call, given: readonly unknown[]) => unknown;

/** What stands before every call, and promises the answer. */
export type Gate = (call: Call, given: readonly unknown[]) => Promise<unknown>;

/** The port behind a gate. Made for every function, and called some hundred times: no proxy would do. */
export function gated<Port>(calls: Calls<Port>, gate: Gate): Port {
  const methods: Record<string, unknown> = {};
  for (const call of calls.all)
    methods[call.method] =
      call.method === 'close' ? call.send : (...given: readonly unknown[]) => gate(call, given);
  // Each method takes what the port's does, and promises what that answers.
  return methods as Port;
}
