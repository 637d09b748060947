import { runMutants } from './run.ts';

/** Ended by hand, it still deletes its copies of the sources. */
const ending = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => ending.abort());

process.exitCode = await runMutants(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  signal: ending.signal,
}).catch((error: unknown) => {
  if (!ending.signal.aborted) throw error;
  process.stderr.write('ended before it was done\n');
  return 130;
});
