import { runSimulation } from './history/run.ts';

process.exitCode = await runSimulation(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
});
