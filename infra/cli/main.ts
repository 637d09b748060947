import { programOf } from './program.ts';
import { askerOf, stopperOf } from './question.ts';

const ask = askerOf(process.stdin, process.stdout);

process.exitCode = await programOf({
  env: process.env,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  onStop: stopperOf(),
  ...(ask === undefined ? {} : { ask }),
}).run(process.argv.slice(2));
