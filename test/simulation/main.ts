import { runWorld } from './worlds.ts';

process.exitCode = await runWorld(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
});
