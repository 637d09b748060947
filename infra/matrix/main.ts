import { runMatrix } from './matrix.ts';

process.exitCode = await runMatrix(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
});
