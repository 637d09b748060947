import type { ZonePort } from '../../core/dns/zone-port.ts';
import type { HostPort, NoticePort } from '../../core/hosts.ts';
import type { JoinedPort } from '../../core/joined-port.ts';
import type { Clock, ParameterPort } from '../../core/ports.ts';

/** Everything that a pass over a hosted zone needs of the world. */
export interface DnsPorts {
  readonly joined: JoinedPort;
  readonly hosts: HostPort;
  readonly notices: NoticePort;
  readonly parameters: ParameterPort;
  readonly zones: ZonePort;
  readonly clock: Clock;
}
