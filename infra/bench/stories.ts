import * as floor from './stories-floor.ts';
import * as ours from './stories-ours.ts';
import { MENDED_MS, type Story } from './story.ts';

export const founding = (size: number, isQuick: boolean): Story => ({
  name: `bootstrap-${size}`,
  about: `a cluster of ${size} is founded`,
  size,
  isQuick,
  change: null,
});

const second = (seconds: number, isQuick: boolean): Story => ({
  name: `second-${seconds}s`,
  about: `a second of 3 terminated ${seconds} s after the first, which leads${seconds * 1_000 >= MENDED_MS ? '; counted from the second' : ''}`,
  size: 3,
  isQuick,
  change: {
    ours: (ground) => ours.terminateTwo(ground, seconds * 1_000),
    floor: (ground) => floor.terminateTwo(ground, seconds * 1_000),
  },
});

const refresh = (size: number): Story => ({
  name: `refresh-${size}`,
  about: `instance refresh of ${size}`,
  size,
  isQuick: false,
  isRefresh: true,
  change: { ours: ours.refresh, floor: floor.refresh },
});

/** All stories, by size: clusters are founded once for those of their size. */
export const STORIES: readonly Story[] = [
  founding(1, false),
  founding(3, true),
  {
    name: 'follower-lost',
    about: "a follower's machine dies without notice",
    size: 3,
    isQuick: true,
    change: { ours: ours.loseFollower, floor: floor.loseFollower },
  },
  {
    name: 'leader-lost',
    about: "the leader's machine dies without notice",
    size: 3,
    isQuick: false,
    change: { ours: ours.loseLeader, floor: floor.loseLeader },
  },
  {
    name: 'leader-hooked',
    about: 'the leader is terminated through its hook',
    size: 3,
    isQuick: true,
    change: { ours: ours.terminateLeader, floor: floor.terminateLeader },
  },
  second(0, false),
  second(1, true),
  second(10, false),
  refresh(3),
  {
    name: 'all-killed',
    about: 'every etcd of 3 killed, one machine with it; two come back with their disks',
    size: 3,
    isQuick: true,
    change: { ours: ours.killAll, floor: floor.killAll },
  },
  {
    name: 'ghost',
    about: 'a voter that nobody starts is added by hand; then a follower is terminated through its hook',
    size: 3,
    isQuick: false,
    change: { ours: ours.terminateBesideGhost, floor: floor.terminateBesideGhost },
  },
  founding(5, false),
  refresh(5),
];
