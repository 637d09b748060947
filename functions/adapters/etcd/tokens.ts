import { InterceptingCall, type Interceptor } from '@grpc/grpc-js';
import { judgeFailure } from './failure.ts';

/** What etcd gives for user and password; `null`: it asks nobody for either. */
export type Token = string | null;

/** Learners refuse this call, as most others. */
const NOT_FOR_LEARNERS = 'rpc not supported for learner';
const NOT_ENABLED = 'authentication is not enabled';

/** As etcd says it of a token; and as it is said here, where etcd3 must not know it (see `carrying`). */
const INVALID = 'invalid auth token';
const INVALID_HERE = 'the auth token is not valid';

/** etcd has not acted, and another token may do: it forgot ours, or users changed since. */
const OUTDATED = [INVALID_HERE, 'revision of auth store is old'];

/**
 * The tokens of one pass: asked for at each endpoint once, since a restarted etcd forgets the
 * tokens of others. A learner gives none, but knows those that voters gave.
 */
export class Tokens<Limits> {
  readonly #authenticate: (endpoint: string, limits: Limits) => Promise<string>;
  readonly #endpoints = new Set<string>();
  readonly #known = new Map<string, Promise<Token>>();

  constructor(authenticate: (endpoint: string, limits: Limits) => Promise<string>) {
    this.#authenticate = authenticate;
  }

  /** Does the work with a token; once more with a new one where etcd refuses the first as outdated. */
  async use<T>(endpoint: string, limits: Limits, work: (token: Token) => Promise<T>): Promise<T> {
    const token = await this.#tokenFor(endpoint, limits);
    try {
      return await work(token);
    } catch (error) {
      if (!isOutdated(error, token)) throw error;
      this.#known.clear();
      return work(await this.#tokenFor(endpoint, limits));
    }
  }

  async #tokenFor(endpoint: string, limits: Limits): Promise<Token> {
    try {
      return await this.#ask(endpoint, limits);
    } catch (error) {
      if (judgeFailure(error)?.text !== NOT_FOR_LEARNERS) throw error;
      const others = [...this.#endpoints].filter((other) => other !== endpoint);
      return Promise.any(others.map((other) => this.#ask(other, limits))).catch(() => Promise.reject(error));
    }
  }

  /** A failure is forgotten at once: whoever asks next asks etcd again. */
  #ask(endpoint: string, limits: Limits): Promise<Token> {
    this.#endpoints.add(endpoint);
    const known = this.#known.get(endpoint);
    if (known !== undefined) return known;
    const asked = this.#authenticate(endpoint, limits).catch((error: unknown) => {
      if (judgeFailure(error)?.text === NOT_ENABLED) return null;
      this.#known.delete(endpoint);
      throw error;
    });
    this.#known.set(endpoint, asked);
    return asked;
  }
}

/** Without a token any denial may be new: under TLS etcd takes the name in our certificate for the user. */
function isOutdated(error: unknown, token: Token): boolean {
  const failure = judgeFailure(error);
  if (failure === null) return false;
  return OUTDATED.includes(failure.text) || (token === null && failure.kind === 'denied');
}

/**
 * Sends the token along with a call. A refusal of it reaches etcd3 in other words: it would
 * repeat the call with the same token until the deadline.
 */
export const carrying =
  (token: string): Interceptor =>
  (options, nextCall) =>
    new InterceptingCall(nextCall(options), {
      start: (metadata, _listener, next) => {
        metadata.set('token', token);
        next(metadata, {
          onReceiveStatus: (status, pass) =>
            pass({ ...status, details: status.details.replace(INVALID, INVALID_HERE) }),
        });
      },
    });
