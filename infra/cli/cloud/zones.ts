import { GetHostedZoneCommand, type Route53Client } from '@aws-sdk/client-route-53';
import { calling } from './call.ts';
import type { ZonePort } from './ports.ts';

export function createZonePort(client: Route53Client): ZonePort {
  return {
    nameOf: (zone) =>
      calling('route53:GetHostedZone', `looking for the hosted zone ${zone}`, async () => {
        try {
          const answer = await client.send(new GetHostedZoneCommand({ Id: zone }));
          return answer.HostedZone?.Name?.replace(/\.$/, '').toLowerCase() ?? null;
        } catch (error) {
          if (error instanceof Error && error.name === 'NoSuchHostedZone') return null;
          throw error;
        }
      }),
  };
}
