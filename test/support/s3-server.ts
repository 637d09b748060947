import { createReadStream, createWriteStream } from 'node:fs';
import { appendFile, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';

interface Kept {
  readonly file: string;
  readonly size: number;
  readonly at: Date;
}

interface Upload {
  readonly id: string;
  readonly key: string;
  readonly at: Date;
  readonly parts: Map<number, string>;
  /** Announced for all of its parts; `null`: none was. */
  readonly checksum: string | null;
}

/** What a request is refused with, as S3 says it; `null`: it is served. */
export type Refusing = (method: string, key: string, query: URLSearchParams) => S3Refusal | null;
export interface S3Refusal {
  readonly status: number;
  readonly code: string;
}

/** As many as one page of the real one holds. */
const PAGE = 1_000;

/**
 * The part of S3 that snapshots need, over HTTP, with its objects in files: one bucket, path-style. For the SDK as it is
 * in the bundles, and for databases that are too large for memory.
 */
export class S3Server {
  readonly objects = new Map<string, Kept>();
  readonly uploads = new Map<string, Upload>();
  refuse: Refusing = () => null;
  readonly #dir: string;
  readonly #server: Server;
  #serial = 0;

  private constructor(dir: string) {
    this.#dir = dir;
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        // A client that was killed has no use for an answer.
        if (!response.headersSent && !response.destroyed) fail(response, 500, 'InternalError', String(error));
      });
    });
  }

  static async start(dir: string): Promise<S3Server> {
    await mkdir(dir, { recursive: true });
    const server = new S3Server(dir);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${Object(this.#server.address()).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await rm(this.#dir, { recursive: true, force: true });
  }

  async put(key: string, bytes: Uint8Array, at = new Date()): Promise<void> {
    const file = this.#newFile();
    await appendFile(file, bytes);
    this.objects.set(key, { file, size: bytes.length, at });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://s3');
    const key = decodeURIComponent(pathname.split('/').slice(2).join('/'));
    const method = request.method ?? 'GET';
    const refusal = this.refuse(method, key, query);
    if (refusal !== null) {
      request.resume();
      return fail(response, refusal.status, refusal.code);
    }
    if (key === '') return this.#serveBucket(method, query, request, response);
    const uploadId = query.get('uploadId');
    if (method === 'POST' && query.has('uploads')) return this.#begin(key, request, response);
    if (uploadId !== null) return this.#serveUpload(method, uploadId, query, request, response);
    if (method === 'PUT') return this.#receive(key, request, response);
    return this.#send(key, response);
  }

  async #serveBucket(
    method: string,
    query: URLSearchParams,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const prefix = query.get('prefix') ?? '';
    if (method === 'POST') {
      const keys = [...(await textOf(request)).matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => key);
      for (const key of keys) {
        const kept = this.objects.get(key);
        if (kept === undefined) continue;
        this.objects.delete(key);
        await rm(kept.file, { force: true });
      }
      return answer(response, '<DeleteResult></DeleteResult>');
    }
    answer(response, query.has('uploads') ? this.#uploadsXml(prefix) : this.#listXml(prefix, query));
  }

  #listXml(prefix: string, query: URLSearchParams): string {
    const after = query.get('continuation-token') ?? '';
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    const page = keys.slice(0, PAGE);
    const items = page.map((key) => {
      const kept = this.objects.get(key);
      return `<Contents><Key>${key}</Key><Size>${kept?.size}</Size><LastModified>${kept?.at.toISOString()}</LastModified></Contents>`;
    });
    const isMore = keys.length > page.length;
    const next = isMore ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : '';
    return `<ListBucketResult><IsTruncated>${isMore}</IsTruncated>${next}${items.join('')}</ListBucketResult>`;
  }

  #uploadsXml(prefix: string): string {
    const items = [...this.uploads.values()]
      .filter(({ key }) => key.startsWith(prefix))
      .map(
        ({ key, id, at }) =>
          `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${at.toISOString()}</Initiated></Upload>`,
      );
    return `<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>${items.join('')}</ListMultipartUploadsResult>`;
  }

  #begin(key: string, { headers }: IncomingMessage, response: ServerResponse): void {
    this.#serial += 1;
    const id = `upload-${this.#serial}`;
    const checksum = headers['x-amz-checksum-algorithm']?.toString() ?? null;
    this.uploads.set(id, { id, key, at: new Date(), parts: new Map(), checksum });
    answer(
      response,
      `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
    );
  }

  async #serveUpload(
    method: string,
    id: string,
    query: URLSearchParams,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const upload = this.uploads.get(id);
    if (upload === undefined) {
      request.resume();
      return fail(response, 404, 'NoSuchUpload');
    }
    if (method === 'PUT')
      return this.#receivePart(upload, Number(query.get('partNumber')), request, response);
    const text = await textOf(request);
    // As the real one: whoever announced checksums has to name them at the end.
    if (method === 'POST' && upload.checksum === 'CRC32' && !text.includes('<ChecksumCRC32>'))
      return fail(response, 400, 'InvalidRequest');
    this.uploads.delete(id);
    if (method === 'POST') await this.#complete(upload, text, response);
    else response.writeHead(204).end();
    for (const part of upload.parts.values()) await rm(part, { force: true });
  }

  async #receivePart(
    { parts, checksum }: Upload,
    number: number,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const told = request.headers['x-amz-checksum-crc32']?.toString() ?? null;
    const file = await this.#keep(request);
    // The real one refuses a checksum of a kind that was not announced, and one that does not fit.
    if ((told !== null) !== (checksum === 'CRC32')) return fail(response, 400, 'InvalidRequest');
    if (told !== null && told !== crc32Of(await readFile(file))) return fail(response, 400, 'BadDigest');
    parts.set(number, file);
    response.setHeader('ETag', `"${number}"`);
    if (told !== null) response.setHeader('x-amz-checksum-crc32', told);
    answer(response, '');
  }

  async #complete({ key, parts }: Upload, text: string, response: ServerResponse): Promise<void> {
    const numbers = [...text.matchAll(/<PartNumber>(\d+)<\/PartNumber>/g)].map(([, number]) =>
      Number(number),
    );
    const [first = 0, ...others] = numbers;
    const file = parts.get(first) ?? '';
    // The others behind the first, in place: nobody holds a gigabyte twice.
    for (const number of others)
      await pipeline(createReadStream(parts.get(number) ?? ''), createWriteStream(file, { flags: 'a' }));
    const whole = this.#newFile();
    await rename(file, whole);
    this.objects.set(key, { file: whole, size: (await stat(whole)).size, at: new Date() });
    answer(response, '<CompleteMultipartUploadResult></CompleteMultipartUploadResult>');
  }

  async #receive(key: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const file = await this.#keep(request);
    this.objects.set(key, { file, size: (await stat(file)).size, at: new Date() });
    answer(response, '');
  }

  async #send(key: string, response: ServerResponse): Promise<void> {
    const kept = this.objects.get(key);
    if (kept === undefined) return fail(response, 404, 'NoSuchKey');
    response.writeHead(200, { 'Content-Length': kept.size });
    await pipeline(createReadStream(kept.file), response);
  }

  async #keep(request: IncomingMessage): Promise<string> {
    const file = this.#newFile();
    await pipeline(request, createWriteStream(file));
    return file;
  }

  #newFile(): string {
    this.#serial += 1;
    return join(this.#dir, String(this.#serial));
  }
}

function crc32Of(bytes: Uint8Array): string {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return sum.toString('base64');
}

const answer = (response: ServerResponse, xml: string): void => {
  response.writeHead(200, xml === '' ? {} : { 'Content-Type': 'application/xml' }).end(xml);
};

const fail = (response: ServerResponse, status: number, code: string, message = 'no'): void => {
  response
    .writeHead(status, { 'Content-Type': 'application/xml' })
    .end(`<Error><Code>${code}</Code><Message>${message}</Message></Error>`);
};

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
