import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { isRecord, parseJson } from '../../functions/core/json.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

/** The browser of this machine: CHROMIUM, or the first on the PATH; `null`: there is none. */
export function findChromium(env: Readonly<Record<string, string | undefined>> = process.env): string | null {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const paths = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const given = env['CHROMIUM'];
  return (given === undefined || given === '' ? paths : [given]).find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const CALL_MS_MAX = 20_000;
type Fields = Readonly<Record<string, unknown>>;

export interface View {
  readonly width: number;
  readonly height: number;
  readonly colors: 'light' | 'dark';
}

/** A headless browser with one page, driven over a pipe: no port is opened. */
export class Browser {
  readonly #process: ChildProcess;
  readonly #dir: string;
  readonly #requests: Writable;
  readonly #waiting = new Map<number, (answer: Fields) => void>();
  readonly #listeners: ((event: Fields) => void)[] = [];
  #id = 0;
  #session: string | null = null;
  /** Addresses that the page asked for, the page itself left out. */
  readonly fetched: string[] = [];
  /** What the browser complained about. */
  readonly complaints: string[] = [];

  private constructor(child: ChildProcess, dir: string) {
    this.#process = child;
    this.#dir = dir;
    const [requests, answers] = [child.stdio[3] as Writable, child.stdio[4] as Readable];
    this.#requests = requests;
    this.#requests.on('error', () => undefined); // the browser ended: calls run into their limit
    this.#listen(answers);
  }

  static async start(path: string): Promise<Browser> {
    const dir = mkdtempSync(join(tmpdir(), 'etcd-autopilot-browser-'));
    const flags = [
      ...['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'],
      ...['--disable-background-networking', '--disable-extensions', '--hide-scrollbars'],
      ...[`--user-data-dir=${dir}`, '--remote-debugging-pipe', 'about:blank'],
    ];
    const stdio = ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] as const;
    const browser = new Browser(spawn(path, flags, { stdio: [...stdio], detached: true }), dir);
    await browser.#attach();
    return browser;
  }

  async #attach(): Promise<void> {
    const { targetId } = await this.#call('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.#call('Target.attachToTarget', { targetId, flatten: true });
    this.#session = String(sessionId);
    for (const domain of ['Page', 'Network', 'Runtime', 'Log']) await this.#call(`${domain}.enable`);
    this.#listeners.push((event) => this.#note(event));
  }

  #note({ method, params }: Fields): void {
    const fields = isRecord(params) ? params : {};
    if (method === 'Network.requestWillBeSent' && isRecord(fields['request'])) {
      const url = String(fields['request']['url']);
      if (fields['type'] !== 'Document') this.fetched.push(url);
    }
    if (method === 'Log.entryAdded' || method === 'Runtime.exceptionThrown') {
      this.complaints.push(JSON.stringify(fields));
    }
  }

  /** Shows a file. */
  async open(file: string): Promise<void> {
    const loaded = Promise.withResolvers<void>();
    this.#listeners.push(({ method }) => {
      if (method === 'Page.loadEventFired') loaded.resolve();
    });
    await this.#call('Page.navigate', { url: `file://${file}` });
    await within('the page to load', loaded.promise);
  }

  async view({ width, height, colors }: View): Promise<void> {
    const size = { width, height, deviceScaleFactor: 1, mobile: false };
    await this.#call('Emulation.setDeviceMetricsOverride', size);
    const features = [{ name: 'prefers-color-scheme', value: colors }];
    await this.#call('Emulation.setEmulatedMedia', { features });
  }

  /** The value of an expression in the page, as JSON can carry it. */
  async value(expression: string): Promise<unknown> {
    const answer = await this.#call('Runtime.evaluate', { expression, returnByValue: true });
    if (answer['exceptionDetails'] !== undefined) throw new Error(JSON.stringify(answer['exceptionDetails']));
    return isRecord(answer['result']) ? answer['result']['value'] : undefined;
  }

  /** The whole page as a PNG. */
  async picture(): Promise<Buffer> {
    const { data } = await this.#call('Page.captureScreenshot', {
      format: 'png',
      captureBeyondViewport: true,
    });
    return Buffer.from(String(data), 'base64');
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('close', resolve));
    // The launcher of a distribution starts the browser as a child: the group is ended, and it is ours alone.
    if (this.#process.exitCode === null && this.#process.pid !== undefined) {
      process.kill(-this.#process.pid, 'SIGKILL');
      await ended;
    }
    rmSync(this.#dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  #call(method: string, params: object = {}): Promise<Fields> {
    this.#id += 1;
    const id = this.#id;
    const answered = new Promise<Fields>((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) => {
        if (isRecord(result)) resolve(result);
        else reject(new Error(`${method}: ${JSON.stringify(error)}`));
      });
    });
    const session = this.#session === null ? {} : { sessionId: this.#session };
    this.#requests.write(`${JSON.stringify({ id, method, params, ...session })}\0`);
    return within(method, answered);
  }

  #listen(answers: Readable): void {
    let text = '';
    answers.setEncoding('utf8');
    answers.on('data', (chunk: string) => {
      const messages = (text + chunk).split('\0');
      text = messages.pop() ?? '';
      for (const message of messages) this.#take(parseJson(message));
    });
  }

  #take(message: unknown): void {
    if (!isRecord(message)) return;
    const { id } = message;
    if (typeof id !== 'number') {
      for (const listener of this.#listeners) listener(message);
      return;
    }
    this.#waiting.get(id)?.(message);
    this.#waiting.delete(id);
  }
}

async function within<T>(what: string, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`${what}: no answer of the browser`)), CALL_MS_MAX);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
