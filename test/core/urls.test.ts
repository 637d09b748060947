import { describe, expect, test } from 'vitest';
import { conflictsWith } from '../../functions/core/claim.ts';
import { configFromProperties } from '../../functions/core/config.ts';
import { decodeTicket, encodeTicket } from '../../functions/core/ticket.ts';
import { addressesByHost, clientUrlOf, hostIn, listening, peerUrlOf } from '../../functions/core/urls.ts';
import { instance } from '../support/observations.ts';
import { TICKET } from '../support/samples.ts';
import { DOMAIN, SECURE } from '../support/secrets.ts';

const configOf = (properties: object) => {
  const parsed = configFromProperties(properties, 'stack');
  if (!parsed.ok) throw new Error(parsed.problems.join());
  return parsed.config;
};
const PLAIN = configOf({});
const SECURED = configOf({ ...SECURE, peerPort: 7001 });
const ONE = instance(1);

describe('the URLs of a member', () => {
  test('hold its address over http, and the name that its certificate is for under TLS', () => {
    expect(clientUrlOf(PLAIN, ONE)).toBe('http://10.0.0.1:2379');
    expect(peerUrlOf(PLAIN, ONE)).toBe('http://10.0.0.1:2380');
    expect(clientUrlOf(SECURED, ONE)).toBe(`https://${ONE.id}.${DOMAIN}:2379`);
    expect(peerUrlOf(SECURED, ONE)).toBe(`https://${ONE.id}.${DOMAIN}:7001`);
  });

  test('lead back to the address that EC2 gives, without a name being resolved', () => {
    const unaddressed = instance(2, { address: null });
    expect([...addressesByHost(SECURED, [ONE, unaddressed])]).toEqual([[`${ONE.id}.${DOMAIN}`, '10.0.0.1']]);
    expect([...addressesByHost(PLAIN, [ONE])]).toEqual([['10.0.0.1', '10.0.0.1']]);
  });

  test('of two instances that had one address, one after the other, are never the same', () => {
    expect(peerUrlOf(SECURED, instance(2, { address: '10.0.0.1' }))).not.toBe(peerUrlOf(SECURED, ONE));
  });

  test.each(['', 'x', 'http://'])('that are none have no host: %j', (url) => {
    expect(hostIn(url)).toBeNull();
  });
});

describe('a ticket under TLS', () => {
  const ticket = {
    ...TICKET,
    peerUrl: peerUrlOf(SECURED, ONE),
    clientUrl: clientUrlOf(SECURED, ONE),
    ...listening(SECURED, '10.0.0.1'),
  };

  test('has etcd listen on the address and tell the name', () => {
    const lines = encodeTicket('core', ticket).split('\n');
    expect(lines).toContain('ETCD_LISTEN_PEER_URLS=https://10.0.0.1:7001');
    expect(lines).toContain('ETCD_LISTEN_CLIENT_URLS=https://10.0.0.1:2379');
    expect(lines).toContain(`ETCD_INITIAL_ADVERTISE_PEER_URLS=https://${ONE.id}.${DOMAIN}:7001`);
    expect(lines).toContain(`ETCD_ADVERTISE_CLIENT_URLS=https://${ONE.id}.${DOMAIN}:2379`);
  });

  test('reads back as what was encoded', () => {
    expect(decodeTicket(encodeTicket('core', ticket))).toEqual(ticket);
  });

  test('over http says nothing of listening, for the URLs hold the address', () => {
    expect(listening(PLAIN, '10.0.0.1')).toEqual({});
    expect(listening(SECURED, null)).toEqual({});
  });
});

describe('settings that contradict how the cluster was founded', () => {
  const claim = (peerUrl: string) => ({
    number: 1,
    token: 't',
    members: { [ONE.id]: peerUrl },
    claimedAt: '2026-01-01T00:00:00.000Z',
    clusterId: '77',
  });

  test('are told, with what to put back', () => {
    expect(conflictsWith(SECURED, claim('http://10.0.0.1:2380'))).toEqual([
      'the cluster was founded with http, and its settings make it https: take dns and tls away',
    ]);
    expect(conflictsWith(PLAIN, claim(`https://${ONE.id}.${DOMAIN}:2380`))).toEqual([
      'the cluster was founded with https, and its settings make it http: put dns and tls back',
    ]);
    expect(conflictsWith(SECURED, claim(`https://${ONE.id}.old.test:2380`))).toEqual([
      `the cluster was founded below old.test, and dns.domain is ${DOMAIN}: put it back`,
    ]);
  });

  test('are not what agrees, and not where nothing was founded', () => {
    expect(conflictsWith(SECURED, claim(`https://${ONE.id}.${DOMAIN}:2380`))).toEqual([]);
    expect(conflictsWith(PLAIN, claim('http://10.0.0.1:2380'))).toEqual([]);
    const zone = { domain: 'etcd.example.com', zone: 'Z1' };
    expect(conflictsWith({ ...PLAIN, dns: zone }, claim('http://10.0.0.1:2380')), 'records only').toEqual([]);
    expect(conflictsWith(PLAIN, null)).toEqual([]);
    expect(conflictsWith(PLAIN, claim('not a url'))).toEqual([]);
  });
});
