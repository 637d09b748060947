import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { ADDRESS_KINDS } from '../../../functions/core/hosts.ts';
import { Failure, lineOf } from '../failure.ts';

/** An option that sets a parameter of a template. */
export interface Setting {
  readonly flags: string;
  readonly what: string;
  readonly parameter: string;
  /** It may be given several times, or with commas. */
  readonly isList?: boolean;
  /** The value of the parameter. @throws {Failure} it is a mistake that can be told without a call */
  readonly read?: (text: string) => string;
}

const TYPE = /^[a-z][a-z0-9-]*\.[a-z0-9-]+$/;

const instanceType = (text: string): string => {
  if (TYPE.test(text)) return text;
  throw new Failure(`"${text}" does not look like an instance type: t3.medium and r7g.large do`);
};

const wholeNumber =
  (name: string, min: number, max: number) =>
  (text: string): string => {
    const number = /^\d{1,6}$/.test(text) ? Number(text) : -1;
    if (number >= min && number <= max) return String(number);
    throw new Failure(`${name} takes ${min} to ${max}, not "${text}"`);
  };

const oneOf =
  (name: string, words: readonly string[]) =>
  (text: string): string => {
    if (words.includes(text)) return text;
    throw new Failure(`${name} takes ${words.join(', ')}, not "${text}"`);
  };

const fileText = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Failure(`${path} cannot be read: ${lineOf(error)}`);
  }
};

/** What both templates have. */
const BOTH: readonly Setting[] = [
  {
    flags: '--updates <way>',
    what: 'what becomes of running instances in an update: refresh, rolling or new-only',
    parameter: 'Updates',
    read: oneOf('--updates', ['refresh', 'rolling', 'new-only']),
  },
  { flags: '--subnet <id>', what: 'a subnet; several times', parameter: 'SubnetIds', isList: true },
  { flags: '--image <parameter>', what: 'public parameter that names the image', parameter: 'ImageId' },
];

export const CORE_SETTINGS: readonly Setting[] = [
  {
    flags: '-t, --type <type>',
    what: 'instance type of the members',
    parameter: 'InstanceType',
    read: instanceType,
  },
  {
    flags: '--size <count>',
    what: 'voters to start with: 1, 3, 5 or 7',
    parameter: 'Size',
    read: oneOf('--size', ['1', '3', '5', '7']),
  },
  { flags: '--domain <domain>', what: 'members are <instance-id>.<domain>', parameter: 'Domain' },
  { flags: '--dns-zone <id>', what: 'hosted zone for the records of the members', parameter: 'Zone' },
  { flags: '--etcd-version <version>', what: 'release of etcd to install', parameter: 'EtcdVersion' },
  { flags: '--vpc <id>', what: "the VPC (default: the autopilot's)", parameter: 'VpcId' },
  ...BOTH,
];

const COUNT_MAX = 10_000;
const PORT_MAX = 65_535;

export const WORKER_SETTINGS: readonly Setting[] = [
  {
    flags: '-t, --type <type>',
    what: 'instance type; several make a mixed group',
    parameter: 'InstanceTypes',
    isList: true,
    read: instanceType,
  },
  {
    flags: '-m, --metadata <pairs>',
    what: 'key=value,key=value, told of every instance',
    parameter: 'Metadata',
  },
  {
    flags: '--size <count>',
    what: 'instances to start with',
    parameter: 'Size',
    read: wholeNumber('--size', 0, COUNT_MAX),
  },
  {
    flags: '--min-size <count>',
    what: 'fewest instances',
    parameter: 'MinSize',
    read: wholeNumber('--min-size', 0, COUNT_MAX),
  },
  {
    flags: '--max-size <count>',
    what: 'most instances',
    parameter: 'MaxSize',
    read: wholeNumber('--max-size', 0, COUNT_MAX),
  },
  { flags: '--dns-name <name>', what: 'name in DNS that the instances answer under', parameter: 'DnsName' },
  {
    flags: '--dns-zone <id>',
    what: "its hosted zone (default: the cluster's, if it has one)",
    parameter: 'DnsZone',
  },
  {
    flags: '--dns-address <kind>',
    what: ADDRESS_KINDS.join(', '),
    parameter: 'DnsAddress',
    read: oneOf('--dns-address', ADDRESS_KINDS),
  },
  {
    flags: '--dns-ttl <seconds>',
    what: 'how long resolvers may keep a record, 1 to 300',
    parameter: 'DnsTtl',
    read: wholeNumber('--dns-ttl', 1, 300),
  },
  {
    flags: '--service <name:port>',
    what: 'service to register in etcd; several times',
    parameter: 'Services',
    isList: true,
  },
  {
    flags: '--drain-seconds <seconds>',
    what: 'how long a leaving instance is held after that, 0 to 600',
    parameter: 'DrainSeconds',
    read: wholeNumber('--drain-seconds', 0, 600),
  },
  {
    flags: '--max-rebooting <count>',
    what: 'how many instances may reboot at the same time, 1 to 100',
    parameter: 'MaxRebooting',
    read: wholeNumber('--max-rebooting', 1, 100),
  },
  {
    flags: '--load-balancer <kind>',
    what: 'none, network or application',
    parameter: 'LoadBalancer',
    read: oneOf('--load-balancer', ['none', 'network', 'application']),
  },
  {
    flags: '--listener-port <port>',
    what: 'port of that load balancer',
    parameter: 'ListenerPort',
    read: wholeNumber('--listener-port', 1, PORT_MAX),
  },
  {
    flags: '--target-port <port>',
    what: 'port of the instances behind it',
    parameter: 'TargetPort',
    read: wholeNumber('--target-port', 1, PORT_MAX),
  },
  {
    flags: '--target-group <arn>',
    what: 'existing target group; several times',
    parameter: 'TargetGroupArns',
    isList: true,
  },
  {
    flags: '--boot-commands <file>',
    what: 'shell commands of your own, run at boot',
    parameter: 'BootCommands',
    read: fileText,
  },
  {
    flags: '--local-etcd <kind>',
    what: 'what listens on 127.0.0.1:2379: gateway, grpc-proxy or none',
    parameter: 'LocalEtcd',
    read: oneOf('--local-etcd', ['gateway', 'grpc-proxy', 'none']),
  },
  {
    flags: '--env-prefix <prefix>',
    what: 'keys of etcd to keep as an environment file',
    parameter: 'EnvPrefix',
  },
  { flags: '--env-file <path>', what: 'that file', parameter: 'EnvFile' },
  { flags: '--env-command <command>', what: 'what to run when it changed', parameter: 'EnvCommand' },
  ...BOTH,
];

/** What commander read: texts, and lists of texts. */
export type Given = Readonly<Record<string, unknown>>;

const nameOf = ({ flags }: Setting): string => new Option(flags).attributeName();

const collect = (text: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  text,
];

/** Adds options, each of them once, as a list where any of the settings is one. */
export function addSettings(command: Command, settings: readonly Setting[]): void {
  for (const [name, same] of Map.groupBy(settings, nameOf)) {
    const [first] = same;
    if (first === undefined) throw new Error(`no setting is called ${name}`);
    const what = [...new Set(same.map((setting) => setting.what))].join('; or ');
    if (same.some(({ isList }) => isList === true)) command.option(first.flags, what, collect);
    else command.option(first.flags, what);
  }
}

/** Values of the parameters that are given. @throws {Failure} at the first mistake */
export function valuesOf(settings: readonly Setting[], given: Given): ReadonlyMap<string, string> {
  const values = settings.flatMap((setting) => {
    const texts = textsOf(setting, given[nameOf(setting)]);
    return texts === null ? [] : [[setting.parameter, texts.map(setting.read ?? String).join(',')] as const];
  });
  return new Map(values);
}

/** The flags that are given, and are none of these settings. */
export function strangersTo(
  settings: readonly Setting[],
  all: readonly Setting[],
  given: Given,
): readonly string[] {
  const own = new Set(settings.map(nameOf));
  const strangers = all.filter(
    (setting) => !own.has(nameOf(setting)) && given[nameOf(setting)] !== undefined,
  );
  return strangers.map(({ flags }) => new Option(flags).long ?? flags);
}

function textsOf({ flags, isList = false }: Setting, value: unknown): readonly string[] | null {
  if (value === undefined) return null;
  const texts = (Array.isArray(value) ? value : [value]).map(String);
  if (isList) return texts.flatMap((text) => text.split(',')).map((text) => text.trim());
  if (texts.length === 1) return texts;
  throw new Failure(`${new Option(flags).long ?? flags} is given twice`);
}
