import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isRecord, parseJson } from '../../../functions/core/json.ts';
import { scopeOf, signatureProblem } from './sigv4.ts';

/** Nobody's keys; with the characters that real ones have. */
export const KEYS = {
  accessKeyId: 'ASIAFAKEFAKEFAKE',
  secretKey: 'fake/Secret+Key0123456789abcdefghijklmno',
  token: 'FakeToken//////////wEaCXVzLWVhc3QtMSJ+x/y+z==',
} as const;

const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** What happens to a call of Parameter Store instead of an answer from the parameters. */
export type Trouble = Answer | 'drop' | null;

/**
 * The instance metadata service (version 2 only) and Parameter Store of one
 * machine, on a loopback address. Parameter Store answers only what is signed
 * right, with the instance role's temporary keys.
 */
export class FakeRegion {
  readonly parameters = new Map<string, string>();
  /** Which of them are SecureStrings; without decryption, nobody sees their values. */
  readonly secure = new Set<string>();
  /** Every metadata path that was asked for, and every action of Parameter Store. */
  readonly asked: string[] = [];
  readonly badSignatures: string[] = [];
  readonly scopes = new Set<string>();
  metadata: 'up' | 'down' | 'withoutRole' = 'up';
  name = 'eu-test-1';
  instanceType = 't3.medium';
  trouble: Trouble = null;
  /** Which calls have that trouble. */
  troubleWith: 'all' | 'GetParameter' | 'PutParameter' = 'all';
  /** Which parameters have it. */
  troubleWhere: (name: string) => boolean = () => true;
  /** How the answer of GetParameter is written. */
  write: (name: string, value: string, type?: string) => string = (name, value, type = 'String') =>
    JSON.stringify({
      Parameter: {
        ARN: `arn:aws:ssm:eu-test-1:123456789012:parameter${name}`,
        DataType: 'text',
        LastModifiedDate: 1.7e9,
        Name: name,
        Type: type,
        Value: value,
        Version: 3,
      },
    });
  /** What was asked of Auto Scaling: the action, and the result where it has one. */
  readonly lifecycle: string[] = [];
  /** Auto Scaling's answer instead of its own. */
  lifecycleTrouble: Answer | null = null;
  /** What was said to CloudFormation: the status, and of which resource of which stack. */
  readonly signals: string[] = [];
  /** CloudFormation's answers instead of its own, one after the other. */
  readonly signalTroubles: Answer[] = [];
  /** What S3 holds, by bucket and key. */
  readonly objects = new Map<string, Buffer>();
  /** Every object that was asked for, and S3's answer instead of its own. */
  readonly downloads: string[] = [];
  objectTrouble: Answer | 'drop' | null = null;
  /** Whether a launch hook waits for the instance. */
  hook: 'waiting' | 'none' = 'waiting';
  /** Called while somebody waits for an answer. */
  during: () => void = () => undefined;
  readonly #tokens = new Set<string>();
  readonly #instanceId: string;
  readonly #server: Server;

  constructor(instanceId: string) {
    this.#instanceId = instanceId;
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  async open(address: string): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, address, resolve);
    });
    const bound = this.#server.address();
    if (bound === null || typeof bound === 'string') throw new Error('no port');
    return `http://${address}:${bound.port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** How often Parameter Store was asked for a ticket. */
  get readCount(): number {
    return this.asked.filter((what) => what === 'GetParameter').length;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    if (request.method === 'GET' && !request.url?.startsWith('/latest/'))
      return this.#serveObject(request, response);
    const answer = request.url?.startsWith('/latest/')
      ? this.#metadataAnswer(request)
      : request.headers['x-amz-target'] === undefined
        ? this.#lifecycleAnswer(request, body)
        : this.#parameterAnswer(request, body);
    if (answer === 'drop') return void request.socket.destroy();
    response.writeHead(answer.status, { 'content-type': 'text/plain' }).end(answer.body);
  }

  /** S3 refuses what does not say the hash of its body; and all that it reads has to be signed. */
  #serveObject(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '').slice(1);
    this.downloads.push(path);
    if (this.objectTrouble === 'drop') return void request.socket.destroy();
    const signed = { method: 'GET', path: request.url ?? '', headers: request.headers, body: '' };
    this.scopes.add(scopeOf(signed));
    const isHashed = request.headers['x-amz-content-sha256'] === EMPTY_SHA256;
    const problem = isHashed ? signatureProblem(signed, KEYS.secretKey) : 'the hash of the body is missing';
    if (problem !== null) this.badSignatures.push(problem);
    const object = this.objects.get(path);
    const missing =
      problem === null ? xmlRefusal('NoSuchKey', path) : xmlRefusal('SignatureDoesNotMatch', '');
    const refused = this.objectTrouble ?? (object === undefined || problem !== null ? missing : null);
    if (refused !== null) return void response.writeHead(refused.status).end(refused.body);
    response.writeHead(200).end(object);
  }

  #metadataAnswer(request: IncomingMessage): Answer | 'drop' {
    const path = (request.url ?? '').replace('/latest/', '');
    this.asked.push(path);
    this.during();
    if (this.metadata === 'down') return 'drop';
    if (path === 'api/token') {
      if (request.method !== 'PUT' || !request.headers['x-aws-ec2-metadata-token-ttl-seconds'])
        return { status: 400, body: '' };
      const token = `metadata-${randomUUID()}`;
      this.#tokens.add(token);
      return { status: 200, body: token };
    }
    const token = String(request.headers['x-aws-ec2-metadata-token']);
    if (!this.#tokens.has(token)) return { status: 401, body: '' };
    const value = this.#metadataValue(path);
    return value === undefined ? { status: 404, body: '<html>404</html>' } : { status: 200, body: value };
  }

  #metadataValue(path: string): string | undefined {
    const values: Record<string, string> = {
      'meta-data/instance-id': this.#instanceId,
      'meta-data/placement/region': this.name,
      'meta-data/placement/availability-zone': `${this.name}a`,
      'meta-data/instance-type': this.instanceType,
      'meta-data/local-ipv4': '127.41.0.1',
    };
    if (this.metadata === 'up') {
      values['meta-data/iam/security-credentials/'] = 'core-MemberRole-1A2B3C';
      values['meta-data/iam/security-credentials/core-MemberRole-1A2B3C'] = CREDENTIALS;
    }
    return values[path];
  }

  #parameterAnswer(request: IncomingMessage, body: string): Answer | 'drop' {
    const action = String(request.headers['x-amz-target']).replace('AmazonSSM.', '');
    this.asked.push(action);
    this.during();
    const input = parseJson(body);
    const isTroubled =
      (this.troubleWith === 'all' || this.troubleWith === action) &&
      this.troubleWhere(isRecord(input) ? String(input['Name']) : '');
    if (this.trouble !== null && isTroubled) return this.trouble;
    const signed = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body };
    this.scopes.add(scopeOf(signed));
    const problem = signatureProblem(signed, KEYS.secretKey);
    if (problem !== null || request.headers['x-amz-security-token'] !== KEYS.token) {
      this.badSignatures.push(problem ?? 'the security token is missing');
      return refusal(400, 'InvalidSignatureException', problem ?? '');
    }
    return this.#parameterEffect(action, input);
  }

  /** A form of the Query API, for the one hook of the one instance. */
  #lifecycleAnswer(request: IncomingMessage, body: string): Answer {
    const form = new URLSearchParams(body);
    if (form.get('Action') === 'SignalResource') return this.#signalAnswer(request, body, form);
    const result = form.get('LifecycleActionResult');
    this.lifecycle.push([form.get('Action'), ...(result === null ? [] : [result])].join(' '));
    this.during();
    if (this.lifecycleTrouble !== null) return this.lifecycleTrouble;
    const signed = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body };
    this.scopes.add(scopeOf(signed));
    const problem = signatureProblem(signed, KEYS.secretKey);
    if (problem !== null || request.headers['x-amz-security-token'] !== KEYS.token) {
      this.badSignatures.push(problem ?? 'the security token is missing');
      return xmlRefusal('SignatureDoesNotMatch', problem ?? '');
    }
    const names = ['Version', 'AutoScalingGroupName', 'LifecycleHookName', 'InstanceId'].map((name) =>
      form.get(name),
    );
    if (names.join(' ') !== `2011-01-01 etcd-autopilot-core-web etcd-autopilot-ready ${this.#instanceId}`)
      return xmlRefusal('ValidationError', `unknown: ${names.join(' ')}`);
    if (this.hook === 'none')
      return xmlRefusal(
        'ValidationError',
        `No active Lifecycle Action found with instance ID ${this.#instanceId}`,
      );
    if (result !== null) this.hook = 'none';
    return { status: 200, body: '<Response/>' };
  }

  #signalAnswer(request: IncomingMessage, body: string, form: URLSearchParams): Answer {
    const said = ['Status', 'LogicalResourceId', 'StackName', 'UniqueId', 'Version'].map((name) =>
      form.get(name),
    );
    this.signals.push(said.join(' '));
    this.lifecycle.push(`SignalResource ${form.get('Status')}`);
    const trouble = this.signalTroubles.shift();
    if (trouble !== undefined) return trouble;
    const signed = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body };
    this.scopes.add(scopeOf(signed));
    const problem = signatureProblem(signed, KEYS.secretKey);
    if (problem !== null) this.badSignatures.push(problem);
    return problem === null
      ? { status: 200, body: '<Response/>' }
      : xmlRefusal('SignatureDoesNotMatch', problem);
  }

  #parameterEffect(action: string, input: unknown): Answer {
    if (!isRecord(input) || typeof input['Name'] !== 'string') return refusal(400, 'ValidationException');
    const name = input['Name'];
    if (action === 'PutParameter') {
      if (typeof input['Value'] !== 'string' || input['Type'] !== 'String' || input['Overwrite'] !== true)
        return refusal(400, 'ValidationException');
      this.parameters.set(name, input['Value']);
      return { status: 200, body: '{"Tier":"Standard","Version":1}' };
    }
    const value = this.parameters.get(name);
    if (value === undefined) return refusal(400, 'ParameterNotFound');
    if (!this.secure.has(name)) return { status: 200, body: this.write(name, value) };
    const text = input['WithDecryption'] === true ? value : 'AQICAHh/encrypted+text==';
    return { status: 200, body: this.write(name, text, 'SecureString') };
  }
}

export function refusal(status: number, type: string, message = 'for a reason'): Answer {
  return { status, body: JSON.stringify({ __type: type, message }) };
}

export function xmlRefusal(code: string, message: string): Answer {
  return {
    status: 400,
    body: `<ErrorResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/">
  <Error>
    <Type>Sender</Type>
    <Code>${code}</Code>
    <Message>${message}</Message>
  </Error>
</ErrorResponse>
`,
  };
}

/** As EC2 writes them: over several lines. */
const CREDENTIALS = `{
  "Code" : "Success",
  "LastUpdated" : "2026-11-20T20:00:00Z",
  "Type" : "AWS-HMAC",
  "AccessKeyId" : "${KEYS.accessKeyId}",
  "SecretAccessKey" : "${KEYS.secretKey}",
  "Token" : "${KEYS.token}",
  "Expiration" : "2026-11-21T02:00:00Z"
}
`;
