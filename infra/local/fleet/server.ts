import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { answerAutoScaling } from './autoscaling.ts';
import { answerControl, type ControlContext } from './control.ts';
import { answerEc2, isFleetsEc2Action } from './ec2.ts';
import { FleetError } from './model.ts';
import type { StageProxy } from './proxy.ts';
import { parseQuery, text, toXml } from './wire.ts';

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
  if (service !== 'autoscaling' && service !== 'ec2') return context.proxy.pass(request, response, null);
  const body = await readBody(request);
  const input = parseQuery(body.length > 0 ? body.toString('utf8') : (path.split('?')[1] ?? ''));
  const action = text(input['Action']);
  if (service === 'autoscaling') {
    return answerXml(response, () => answerAutoScaling(context.groups, input), autoScalingError);
  }
  if (!isFleetsEc2Action(action)) return context.proxy.pass(request, response, body);
  const reboot = (id: string): Promise<void> => context.machines.reboot(id, context.waits.terminationMs);
  return answerXml(response, () => answerEc2(context.groups, input, reboot), ec2Error);
}

/** `Credential=<key>/<date>/<region>/<service>/aws4_request`, in the header or in a presigned URL. */
function serviceOf(request: IncomingMessage): string | null {
  const given =
    request.headers.authorization ?? decodeURIComponent(request.url?.split('X-Amz-Credential=')[1] ?? '');
  return /(?:Credential=|^)[^/,\s]+\/\d{8}\/[^/]+\/([^/]+)\/aws4_request/.exec(given)?.[1] ?? null;
}

async function answerXml(
  response: ServerResponse,
  work: () => Promise<string>,
  wrap: (code: string, message: string) => string,
): Promise<void> {
  const [status, body] = await work().then(
    (xml): [number, string] => [200, xml],
    (error: unknown): [number, string] =>
      error instanceof FleetError
        ? [400, wrap(error.code, error.message)]
        : [
            500,
            wrap('InternalFailure', error instanceof Error ? (error.stack ?? error.message) : String(error)),
          ],
  );
  response
    .writeHead(status, { 'content-type': 'text/xml' })
    .end(`<?xml version="1.0" encoding="UTF-8"?>\n${body}`);
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
  const [status, answer] = await answerControl(context, path, body === '' ? {} : JSON.parse(body)).then(
    (value): [number, unknown] => [200, value],
    (error: unknown): [number, unknown] => [
      error instanceof FleetError ? 400 : 500,
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
