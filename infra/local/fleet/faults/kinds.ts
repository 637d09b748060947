import { FleetError } from '../model.ts';
import { record, text } from '../wire.ts';

type Target = 'instance' | 'zone' | 'api' | 'none';
export type OptionName = 'count' | 'seconds' | 'type' | 'group';

export interface KindRule {
  readonly target: Target;
  readonly options: readonly OptionName[];
  /** What it does, for --help. */
  readonly does: string;
}

const EVENT_OPTIONS = ['count', 'seconds', 'type', 'group'] as const;
const ofInstance = (does: string): KindRule => ({ target: 'instance', options: [], does });
const ofEvents = (does: string): KindRule => ({ target: 'none', options: EVENT_OPTIONS, does });
const ofApi = (does: string): KindRule => ({ target: 'api', options: ['count'], does });

/** Every fault that the local region knows. */
export const KINDS = {
  'kill-etcd': ofInstance('kills its etcd; its boot script starts it again'),
  'freeze-etcd': ofInstance('stops its etcd like SIGSTOP: connections are taken and never answered'),
  'thaw-etcd': ofInstance('lets a frozen etcd, or a frozen machine, go on'),
  'crash-etcd': ofInstance('kills its etcd whenever it runs, until it is cleared'),
  'slow-disk': ofInstance('each flush to its disk takes 300 ms more (with strace), until it is cleared'),
  'flip-bit': ofInstance(
    'kills its etcd and flips one bit of a stored value; etcd does not notice by itself',
  ),
  'wipe-disk': ofInstance('kills its etcd and empties its data directory'),
  'kill-instance': ofInstance('ends the machine without shutdown, hook or warning'),
  reboot: ofInstance('reboots it: same id, address and disk'),
  'reuse-address': ofInstance('the next instance that launches once its address is free gets that address'),
  'black-hole': ofInstance('freezes the whole machine: its ports take connections, nothing answers'),
  interrupt: {
    target: 'instance',
    options: ['seconds'],
    does: 'spot interruption: notice, event, and its end after 120 s',
  },
  retire: ofInstance('EC2 announces its retirement, in two weeks'),
  'broken-boot': {
    target: 'none',
    options: ['count', 'group'],
    does: 'the next machine boots, and its boot script does not run',
  },
  'no-capacity': { target: 'zone', options: [], does: 'nothing can be launched in the zone' },
  'restore-capacity': { target: 'zone', options: [], does: 'the zone has capacity again' },
  'drop-events': ofEvents('events of groups and instances are lost'),
  'duplicate-events': ofEvents('events come twice'),
  'delay-events': ofEvents('events come 10 s later'),
  'reorder-events': ofEvents('each event comes after the next one, or after 10 s'),
  'throttle-api': ofApi('calls are refused as too many'),
  'deny-api': ofApi('calls are refused as not allowed'),
  'break-api': ofApi('calls fail: HTTP 500 and a reset connection, in turn'),
  'lose-reply': ofApi('calls are carried out, and the connection is closed without an answer'),
  'black-hole-api': ofApi('calls are taken and never answered, until it is cleared or for 5 minutes'),
} as const satisfies Readonly<Record<string, KindRule>>;

export type FaultKind = keyof typeof KINDS;

/** What somebody wants to go wrong. */
export interface FaultRequest {
  readonly kind: FaultKind;
  /** Instance, zone, or `<service>[:<Operation>]`; empty where the kind has no target. */
  readonly target: string;
  readonly count: number | null;
  readonly seconds: number | null;
  /** A part of the events' detail-type. */
  readonly type: string | null;
  readonly group: string | null;
}

const COUNT_MAX = 1_000_000;
const SECONDS_MAX = 3_600;
const TARGET_WORDS: Readonly<Record<Exclude<Target, 'none'>, string>> = {
  instance: 'which instance? Give its id, the beginning of it, leader or follower',
  zone: 'which zone? Give its name, such as us-east-1a',
  api: 'which service? Give <service> or <service>:<Operation>, such as ssm:PutParameter',
};

const isKind = (word: string): word is FaultKind => Object.hasOwn(KINDS, word);

/** @throws {FleetError} `InvalidFault`: in one line, what is wrong with it */
export function readFault(input: unknown): FaultRequest {
  const given = record(input);
  const kind = text(given['kind']);
  if (!isKind(kind)) throw invalid(`unknown fault "${kind}"; known: ${Object.keys(KINDS).join(', ')}`);
  const rule: KindRule = KINDS[kind];
  const target = text(given['target']);
  if (rule.target === 'none' && target !== '')
    throw invalid(`${kind} has no target, and "${target}" was given`);
  if (rule.target !== 'none' && target === '') throw invalid(`${kind}: ${TARGET_WORDS[rule.target]}`);
  for (const name of EVENT_OPTIONS) {
    if (text(given[name]) !== '' && !rule.options.includes(name)) throw invalid(`${kind} takes no ${name}`);
  }
  return {
    kind,
    target,
    count: wholeNumber(given, 'count', COUNT_MAX),
    seconds: wholeNumber(given, 'seconds', SECONDS_MAX),
    type: text(given['type']) || null,
    group: text(given['group']) || null,
  };
}

function wholeNumber(given: Readonly<Record<string, unknown>>, name: string, max: number): number | null {
  const word = text(given[name]);
  if (word === '') return null;
  const value = /^\d{1,9}$/.test(word) ? Number(word) : 0;
  if (value < 1 || value > max)
    throw invalid(`${name} must be a whole number from 1 to ${max}, not "${word}"`);
  return value;
}

/** A fault that cannot be had, told in one line. */
export function invalid(message: string): FleetError {
  return new FleetError('InvalidFault', message);
}
