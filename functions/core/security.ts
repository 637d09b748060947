import type { Fields, Problems } from './fields.ts';
import { ZONE_ID } from './names.ts';

/**
 * Under TLS members are `<instance-id>.<domain>` in URLs and certificates. In a `zone` the
 * autopilot keeps the records of that domain itself; without TLS they are for finding members only.
 */
export interface DnsSettings {
  readonly domain: string;
  /** Id of the hosted zone; absent: the names are somebody else's to keep. */
  readonly zone?: string;
}

/** Names of the parameters with the CA, and with the autopilot's own certificate and key. */
export interface TlsSettings {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface AuthSettings {
  readonly user: string;
  /** Name of the parameter with the password. */
  readonly password: string;
}

export interface Security {
  readonly scheme: 'http' | 'https';
  readonly dns: DnsSettings | null;
  readonly tls: TlsSettings | null;
  readonly auth: AuthSettings | null;
}

/** How a cluster is protected, read from its settings. All mistakes are noted in `problems`. */
export function readSecurity(fields: Fields, problems: Problems): Security {
  const asked = fields.oneOf('scheme', ['http', 'https']);
  const dns = readDns(fields.maybe('dns'));
  const tls = readTls(fields.maybe('tls'), problems);
  const auth = readAuth(fields.maybe('auth'));
  if (asked === 'https' && tls === null) problems.push('scheme "https" needs tls');
  if (asked === 'http' && tls !== null) problems.push('scheme must be "https" under tls, or left out');
  if (tls !== null && dns === null)
    problems.push('tls needs dns.domain: certificates of members are for <instance-id>.<domain>');
  if (tls === null && dns !== null && dns.zone === undefined)
    problems.push(
      'dns without tls needs dns.zone: URLs hold addresses then, and only records use the domain',
    );
  return { scheme: tls === null ? 'http' : 'https', dns, tls, auth };
}

function readDns(fields: Fields | null): DnsSettings | null {
  if (fields === null) return null;
  const domain = fields.text('domain', (text) =>
    isDomain(text) ? null : 'must be a domain name in small letters like "eu-west-1.compute.internal"',
  );
  const zone = fields.maybeText('zone', (text) =>
    ZONE_ID.test(text) ? null : 'must be the id of a hosted zone like "Z0123456789ABCDEFGHIJ"',
  );
  fields.refuseOthers();
  return zone === null ? { domain } : { domain, zone };
}

function readTls(fields: Fields | null, problems: Problems): TlsSettings | null {
  if (fields === null) return null;
  const names = {
    ca: fields.text('ca', judgeName),
    cert: fields.text('cert', judgeName),
    key: fields.text('key', judgeName),
  };
  fields.refuseOthers();
  if (names.key !== '' && (names.key === names.cert || names.key === names.ca))
    problems.push('tls.key must be a parameter of its own, a SecureString');
  return names;
}

function readAuth(fields: Fields | null): AuthSettings | null {
  if (fields === null) return null;
  const user = fields.text('user', (text) =>
    USER.test(text) ? null : 'must be 1 to 64 letters, digits or any of . _ @ : + -',
  );
  const password = fields.text('password', judgeName);
  fields.refuseOthers();
  return { user, password };
}

const USER = /^[A-Za-z0-9._@:+-]{1,64}$/;

/** Of an instance id and the dot behind it. */
const NAME_CHARS = 'i-0123456789abcdef0.'.length;
const DOMAIN_CHARS_MAX = 253 - NAME_CHARS;
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

const isDomain = (text: string): boolean =>
  text.length <= DOMAIN_CHARS_MAX && text.split('.').every((label) => LABEL.test(label));

const PARAMETER_NAME = /^(\/[A-Za-z0-9_.-]+){1,15}$/;
const PARAMETER_CHARS_MAX = 1_011;
/** What lies below is deleted with its cluster, and readable for its machines. */
const OURS = /^\/etcd-autopilot(\/|$)/;

function judgeName(text: string): string | null {
  if (!PARAMETER_NAME.test(text) || text.length > PARAMETER_CHARS_MAX)
    return 'must be the name of a parameter like "/etcd-autopilot-secrets/core/ca", never the value itself';
  if (!OURS.test(text)) return null;
  return 'must not lie below /etcd-autopilot/, which is deleted with the cluster: use /etcd-autopilot-secrets/<cluster>/';
}
