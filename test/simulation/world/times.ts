/** How long the platform takes; 0: at once, as most tests want it. */
export interface Times {
  /** Until a new machine runs and waits in its hook. */
  bootSeconds: number;
  /** From the answer of a launch hook into service. */
  proceedSeconds: number;
  /** A machine shuts down. */
  shutdownSeconds: number;
  /** Until the group finds that a machine was ended by somebody else; infinite: it never looks. */
  noticeSeconds: number;
  /** EC2 says of a young machine that there is none, or gives no address of it, and its group does not list it yet. */
  unknownSeconds: number;
  addresslessSeconds: number;
  unlistedSeconds: number;
  /** How long EC2 remembers a terminated machine. */
  memorySeconds: number;
}

export const noTimes = (): Times => ({
  bootSeconds: 0,
  proceedSeconds: 0,
  shutdownSeconds: 0,
  noticeSeconds: Number.POSITIVE_INFINITY,
  unknownSeconds: 0,
  addresslessSeconds: 0,
  unlistedSeconds: 0,
  memorySeconds: Number.POSITIVE_INFINITY,
});

/** About as the platform is on a good day. */
export const usualTimes = (): Times => ({
  bootSeconds: 8,
  proceedSeconds: 1,
  shutdownSeconds: 6,
  noticeSeconds: 20,
  unknownSeconds: 2,
  addresslessSeconds: 3,
  unlistedSeconds: 1,
  memorySeconds: 3_600,
});
