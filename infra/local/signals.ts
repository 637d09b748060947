/** Lets SIGINT, SIGTERM and SIGHUP stop and then end the process, with the usual code; returns how to undo that. */
export function stopOnSignals(stop: () => Promise<void>): () => void {
  const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
  const listeners = Object.entries(codes).map(([signal, code]) => {
    const listener = (): void => {
      void stop().finally(() => process.exit(code));
    };
    process.on(signal, listener);
    return () => void process.off(signal, listener);
  });
  return () => {
    for (const off of listeners) off();
  };
}
