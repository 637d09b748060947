import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { askerOf } from '../../../infra/cli/question.ts';

const terminal = () => Object.assign(new PassThrough(), { isTTY: true });

test('the line that is typed is the answer, question after question', async () => {
  const [input, output] = [terminal(), terminal()];
  const ask = askerOf(input, output);
  const first = ask?.('Do this? ');
  input.write('yes\r');
  expect(await first).toBe('yes');
  expect(String(output.read())).toContain('Do this? ');
  const second = ask?.('And that? ');
  input.write('no\r');
  expect(await second).toBe('no');
});

test.each([
  ['Ctrl-C', (input: PassThrough) => void input.write('\u0003')],
  ['Ctrl-D', (input: PassThrough) => void input.write('\u0004')],
  ['the end of the input', (input: PassThrough) => void input.end()],
])('%s is an empty answer', async (_name, type) => {
  const [input, output] = [terminal(), terminal()];
  const answer = askerOf(input, output)?.('Do this? ');
  type(input);
  expect(await answer).toBe('');
});

test('where nobody sits at a terminal, nobody is asked', () => {
  expect(askerOf(new PassThrough(), terminal())).toBeUndefined();
  expect(askerOf(terminal(), new PassThrough())).toBeUndefined();
});
