import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApiCall } from './call.ts';
import type { FaultKind, FaultRequest } from './kinds.ts';
import { type Refusal, refusalOf } from './refusals.ts';
import type { Fault, Faults } from './register.ts';

const API_KINDS: readonly FaultKind[] = [
  'throttle-api',
  'deny-api',
  'break-api',
  'lose-reply',
  'black-hole-api',
];
/** No caller waits longer; one that would must not keep its connection for ever. */
const MUTE_MS_MAX = 300_000;

/** A request at the front server, with the two ways to go on. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Carries the call out, and keeps the answer back. */
  readonly carryOut: () => Promise<unknown>;
}

/** Faults of APIs, where all calls of clients, functions and boot scripts come by. */
export class FrontDoor {
  readonly #faults: Faults;
  readonly #mute = new Map<string, Set<IncomingMessage>>();

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  /** Whether a fault of this service is in force, so that its calls must be looked at. */
  watches(service: string): boolean {
    const isAbout = ({ kind, target }: FaultRequest): boolean =>
      API_KINDS.includes(kind) && target.split(':')[0] === service;
    return this.#faults.inForce(isAbout).length > 0;
  }

  /** The fault that strikes this call, null when it is to be served. */
  strike(call: ApiCall): Fault | null {
    return this.#faults.strike((request) => API_KINDS.includes(request.kind) && isMeant(request, call));
  }

  async inflict(fault: Fault, call: ApiCall, { request, response, carryOut }: Exchange): Promise<void> {
    const { kind } = fault.request;
    if (kind === 'lose-reply') {
      await carryOut().catch(() => undefined); // the caller learns nothing, whatever came of it
      request.socket.destroy();
    } else if (kind === 'black-hole-api') {
      this.#keepMute(fault, request);
    } else if (kind === 'break-api' && fault.struck % 2 === 0) {
      request.socket.resetAndDestroy();
    } else if (isRefusal(kind)) {
      const { status, headers, body } = refusalOf(kind, call);
      response.writeHead(status, headers).end(body);
    }
  }

  /** Whether connections still wait for an answer that never comes. */
  isMute(faultId: string): boolean {
    return (this.#mute.get(faultId)?.size ?? 0) > 0;
  }

  /** Closes the connections that a fault left without an answer. */
  hangUp(faultId: string): void {
    for (const request of this.#mute.get(faultId) ?? []) request.socket.destroy();
  }

  #keepMute({ id }: Fault, request: IncomingMessage): void {
    const waiting = this.#mute.get(id) ?? new Set();
    this.#mute.set(id, waiting.add(request));
    const timer = setTimeout(() => request.socket.destroy(), MUTE_MS_MAX);
    request.socket.once('close', () => {
      clearTimeout(timer);
      waiting.delete(request);
    });
  }
}

const isRefusal = (kind: FaultKind): kind is Refusal =>
  kind === 'throttle-api' || kind === 'deny-api' || kind === 'break-api';

function isMeant({ target }: FaultRequest, { service, operation }: ApiCall): boolean {
  const [wantedService, wantedOperation = null] = target.split(':');
  return wantedService === service && (wantedOperation === null || wantedOperation === operation);
}
