const CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

export interface Signals {
  readonly isStopping: () => boolean;
  /** What waits for it waits until the process ends. */
  readonly never: Promise<never>;
}

/** The first signal does `work`, then ends the process; a terminal sends each twice, later ones change nothing. */
export function onSignals(work: () => Promise<void>): Signals {
  let isStopping = false;
  for (const [signal, code] of Object.entries(CODES)) {
    process.on(signal, () => {
      if (isStopping) return;
      isStopping = true;
      void work().finally(() => process.exit(code));
    });
  }
  return { isStopping: () => isStopping, never: new Promise(() => undefined) };
}
