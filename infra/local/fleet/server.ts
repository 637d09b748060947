import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { answerAutoScaling } from './autoscaling.ts';
import { answerControl, type ControlContext } from './control.ts';
import { answerEc2, isFleetsEc2Action } from './ec2.ts';
import { callOf, queryOf, serviceOf } from './faults/call.ts';
import { FleetError } from './model.ts';
import type { StageProxy } from './proxy.ts';
import { type Fields, text, toXml } from './wire.ts';

export interface ServerContext extends ControlContext {
  readonly proxy: StageProxy;
}

/** The public endpoint: fleet's own services by the credential scope of the signature, all else to the stage. */
export function createEndpoint(context: () => ServerContext): Server {
  const server = createServer((request, response) => {
    route(context(), request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
      response.end(String(error));
    });
  });
  // A waiting CloudFormation stack keeps its request open for as long as instances take to leave.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 75_000;
  return server;
}

async function route(
  context: ServerContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = request.url ?? '/';
  if (path.startsWith('/_fleet/')) return control(context, request, response, path.slice('/_fleet'.length));
  const service = serviceOf(request);
  const isWatched = service !== null && context.door.watches(service);
  if (!isWatched && service !== 'autoscaling' && service !== 'ec2') {
    return context.proxy.pass(request, response, null);
  }
  const body = await readBody(request);
  const own = ownAnswer(context, service, queryOf(request, body));
  const fault = isWatched ? context.door.strike(callOf(service, request, body)) : null;
  if (isWatched && fault !== null) {
    const carryOut = own ?? (() => context.proxy.carryOut(request, body));
    return context.door.inflict(fault, callOf(service, request, body), { request, response, carryOut });
  }
  if (own === null) return context.proxy.pass(request, response, body);
  const { status, xml } = await own();
  response.writeHead(status, { 'content-type': 'text/xml' }).end(xml);
}

interface XmlAnswer {
  readonly status: number;
  readonly xml: string;
}

/** How fleet itself answers a call; null where that is the stage's. */
function ownAnswer(
  { groups, machines, waits }: ServerContext,
  service: string | null,
  input: Fields,
): (() => Promise<XmlAnswer>) | null {
  if (service === 'autoscaling') return () => answerXml(answerAutoScaling(groups, input), autoScalingError);
  if (service !== 'ec2' || !isFleetsEc2Action(text(input['Action']))) return null;
  const reboot = (id: string): Promise<void> => machines.reboot(id, waits.terminationMs);
  return () => answerXml(answerEc2(groups, input, reboot), ec2Error);
}

async function answerXml(
  work: Promise<string>,
  wrap: (code: string, message: string) => string,
): Promise<XmlAnswer> {
  const [status, body] = await work.then(
    (xml): [number, string] => [200, xml],
    (error: unknown): [number, string] =>
      error instanceof FleetError
        ? [400, wrap(error.code, error.message)]
        : [
            500,
            wrap('InternalFailure', error instanceof Error ? (error.stack ?? error.message) : String(error)),
          ],
  );
  return { status, xml: `<?xml version="1.0" encoding="UTF-8"?>\n${body}` };
}

function autoScalingError(code: string, message: string): string {
  return `<ErrorResponse>${toXml({ Error: { Type: 'Sender', Code: code, Message: message }, RequestId: 'local' }, 'member')}</ErrorResponse>`;
}

function ec2Error(code: string, message: string): string {
  return `<Response>${toXml({ Errors: { Error: { Code: code, Message: message } }, RequestID: 'local' }, 'item')}</Response>`;
}

async function control(
  context: ServerContext,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  const body = (await readBody(request)).toString('utf8');
  const work = async (): Promise<unknown> =>
    answerControl(context, request.method ?? 'GET', path, body === '' ? {} : JSON.parse(body));
  const [status, answer] = await work().then(
    (value): [number, unknown] => [200, value],
    (error: unknown): [number, unknown] => [
      error instanceof FleetError || error instanceof SyntaxError ? 400 : 500,
      {
        code: error instanceof FleetError ? error.code : 'InternalFailure',
        message: error instanceof Error ? error.message : String(error),
      },
    ],
  );
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
