/**
 * Runs inside the bundles, in the place of `loadSync(…/rpc.proto)` of etcd3.
 *
 * Makes the service definitions that `@grpc/proto-loader` makes, without reading
 * a file, without a parser and without the descriptors that only gRPC reflection
 * serves. Messages are built at the first call: that takes 20 ms, which a
 * function that never talks to etcd, or only imports us, should not pay.
 */
import descriptor from 'etcd-autopilot:etcd-descriptor';
import protobuf from 'protobufjs/light.js';
import { clientNameOf } from './client-name.ts';
import type { MethodEntry, ServiceEntry } from './etcd3-descriptor.ts';

/** As etcd3 asks proto-loader for them. Ids are 64 bits wide: text, or they lose digits. */
const TO_OBJECT: protobuf.IConversionOptions = { longs: String, enums: String, defaults: true, oneofs: true };

let messages: protobuf.Root | null = null;

function messageType(name: string): protobuf.Type {
  messages ??= protobuf.Root.fromJSON(descriptor.messages);
  return messages.lookupType(name);
}

/** What `grpc.loadPackageDefinition` takes: the methods of every service, by its full name. */
export const packageDefinition = Object.fromEntries(
  descriptor.services.map((service) => [
    service.name,
    Object.fromEntries(service.methods.map((method) => [method.name, definitionOf(service, method)])),
  ]),
);

function definitionOf(service: ServiceEntry, method: MethodEntry) {
  return {
    path: `/${service.name}/${method.name}`,
    requestStream: method.requestStream,
    responseStream: method.responseStream,
    originalName: clientNameOf(method.name),
    requestSerialize: encoderOf(method.request),
    requestDeserialize: decoderOf(method.request),
    responseSerialize: encoderOf(method.response),
    responseDeserialize: decoderOf(method.response),
  };
}

function encoderOf(name: string) {
  return (value: object): Uint8Array => {
    const type = messageType(name);
    return type.encode(type.fromObject(value)).finish();
  };
}

function decoderOf(name: string) {
  return (bytes: Uint8Array): object => {
    const type = messageType(name);
    return type.toObject(type.decode(bytes), TO_OBJECT);
  };
}
