import { programOf } from './program.ts';

process.exitCode = await programOf({
  env: process.env,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
}).run(process.argv.slice(2));
