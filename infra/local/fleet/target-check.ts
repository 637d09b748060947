import { connect } from 'node:net';

/** How a target group wants its targets checked. */
export interface TargetGroup {
  readonly port: number;
  readonly checksHttp: boolean;
  readonly path: string;
  /** Like `200-299,301`. */
  readonly codes: string;
  readonly timeoutMs: number;
  readonly healthyCount: number;
  readonly unhealthyCount: number;
}

/** Whether the target answers as its group wants it to. */
export type Check = (address: string, group: TargetGroup) => Promise<boolean>;

export const checkTarget: Check = (address, group) =>
  group.checksHttp ? asksWell(address, group) : connects(address, group);

async function asksWell(address: string, { port, path, codes, timeoutMs }: TargetGroup): Promise<boolean> {
  try {
    const url = `http://${address}:${port}${path}`;
    const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) });
    await answer.body?.cancel();
    return codes.split(',').some((range) => isWithin(answer.status, range));
  } catch {
    return false;
  }
}

function isWithin(status: number, range: string): boolean {
  const [from = '', to = from] = range.trim().split('-');
  return status >= Number(from) && status <= Number(to);
}

function connects(address: string, { port, timeoutMs }: TargetGroup): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host: address, port, timeout: timeoutMs });
    const end = (isFine: boolean): void => {
      socket.destroy();
      done(isFine);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}
