import { setTimeout as sleep } from 'node:timers/promises';
import { openControl } from '../../../infra/local/control-client.ts';
import { openClients } from '../clients.ts';
import { openTheatre } from '../stage.ts';
import { type Ground, openGround } from './ground.ts';

/** What is shown, by its name on the command line. */
const SHOWS: Readonly<Record<string, (ground: Ground) => Promise<void>>> = {
  survivor,
  lost,
  returns,
  manual,
};
const RECOVERY: Readonly<Record<string, string>> = {
  survivor: 'from-survivor',
  lost: 'from-snapshot',
  returns: 'from-snapshot',
  manual: 'manual',
};

process.exitCode = await main(process.argv[2] ?? '');

async function main(name: string): Promise<number> {
  const show = SHOWS[name];
  if (show === undefined) return 2;
  const theatre = await openTheatre();
  const clients = openClients(theatre);
  const control = openControl(theatre.region.endpoint);
  try {
    const ground = await openGround({ theatre, clients, control }, RECOVERY[name] ?? 'manual');
    try {
      await show(ground);
      return ground.failures.length === 0 ? 0 : 1;
    } finally {
      await ground.close();
    }
  } finally {
    clients.close();
    await theatre.stop();
  }
}

/**
 * Two of three are gone for ever while somebody writes: what the third holds is gone on with. It stood still before for
 * as long as checks take to look, so that the others acknowledged without it what is lost now.
 */
async function survivor(ground: Ground): Promise<void> {
  await ground.untilSeen(0n);
  const [leader = '', follower = '', third = ''] = await ground.votersLeaderFirst();
  await ground.control.fault({ kind: 'freeze-etcd', target: third });
  await sleep(2_000);
  await ground.untilSeen(await ground.revision());
  await ground.control.fault({ kind: 'kill-instance', target: leader });
  await ground.control.fault({ kind: 'kill-instance', target: follower });
  const atMs = performance.now();
  await ground.control.fault({ kind: 'thaw-etcd', target: third });
  await ground.untilWritable(atMs, 300);
  await ground.untilWhole(300, atMs);
  await ground.tellLoss(null);
}

/** All are gone for ever: the newest snapshot that was proved restorable is brought back. */
async function lost(ground: Ground): Promise<void> {
  const old = await ground.revision();
  await ground.backup();
  await sleep(5_000); // writes that are in no snapshot
  await ground.pause();
  const last = await ground.revision();
  await ground.untilSeen(last);
  const voters = await ground.votersLeaderFirst();
  for (const target of voters) await ground.control.fault({ kind: 'kill-instance', target });
  const atMs = performance.now();
  ground.resume();
  await ground.untilWritable(atMs, 300);
  await ground.expectOldRevisionRefused(old);
  await ground.untilWhole(300, atMs);
  await ground.tellLoss(last);
}

/** Nothing happens by itself: an operator asks, chooses the survivor, and is told how it goes. */
async function manual(ground: Ground): Promise<void> {
  await ground.untilSeen(0n);
  const [leader = '', follower = '', third = ''] = await ground.votersLeaderFirst();
  await ground.control.fault({ kind: 'kill-instance', target: leader });
  await ground.control.fault({ kind: 'kill-instance', target: follower });
  await ground.untilHealth('quorumLost', 100);
  await ground.expectNoRecovery();
  await ground.recover(1, 'survivor, revision');
  const atMs = performance.now();
  await ground.recover(1, 'chosen; it goes on by itself', '--choose', third, '--yes', '--minutes', '0');
  await ground.untilWritable(atMs, 300);
  await ground.untilWhole(300, atMs);
  await ground.recover(0, 'there is nothing to recover');
  await ground.tellLoss(null);
}

/** All processes are killed, and two of three return with their disks: nothing is recovered, for nothing is lost. */
async function returns(ground: Ground): Promise<void> {
  const before = await ground.memberIds();
  const voters = await ground.votersLeaderFirst();
  const faults: string[] = [];
  for (const target of voters) {
    const { id } = await ground.control.fault({ kind: 'crash-etcd', target });
    if (id !== null) faults.push(id);
  }
  await ground.untilHealth('quorumLost', 100);
  const atMs = performance.now();
  for (const id of faults.slice(0, 2)) await ground.control.clear(id);
  await ground.untilWritable(atMs, 60);
  await ground.expectSameMembers(before);
  await ground.control.clear(null);
  await ground.untilWhole(100, atMs);
  await ground.expectNoRecovery();
  await ground.tellWrites();
}
