import protobuf from 'protobufjs';

export interface EtcdDescriptor {
  readonly services: readonly ServiceEntry[];
  /** The messages and enums that the services refer to, as `protobuf.Root.fromJSON` takes them. */
  readonly messages: protobuf.INamespace;
}

export interface ServiceEntry {
  readonly name: string;
  readonly methods: readonly MethodEntry[];
}

export interface MethodEntry {
  readonly name: string;
  readonly request: string;
  readonly response: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}

/** What the functions call: `all` methods of a service, or those listed. */
const SERVICES = new Map<string, 'all' | readonly string[]>([
  ['KV', 'all'],
  ['Lease', 'all'],
  ['Cluster', 'all'],
  ['Maintenance', 'all'],
  ['Auth', ['Authenticate']],
]);

/** etcd's protocol, read from the `rpc.proto` that etcd3 ships and cut down to what is used. */
export function etcdDescriptor(protoFile: string): EtcdDescriptor {
  const root = new protobuf.Root().loadSync(protoFile, { keepCase: true });
  root.resolveAll();
  const services = root.lookup('etcdserverpb');
  if (!(services instanceof protobuf.Namespace)) throw new Error(`${protoFile} has no package etcdserverpb`);
  const used = services.nestedArray.flatMap((entry) =>
    entry instanceof protobuf.Service ? usedPart(entry) : [],
  );
  const methods = used.flatMap((service) => service.methods);
  prune(
    root,
    reachableFrom(methods.flatMap(({ request, response }) => [request, response]).map(typeIn(root))),
  );
  return { services: used, messages: root.toJSON() };
}

function usedPart(service: protobuf.Service): ServiceEntry[] {
  const wanted = SERVICES.get(service.name);
  if (wanted === undefined) return [];
  const methods = service.methodsArray.filter((method) => wanted === 'all' || wanted.includes(method.name));
  return [{ name: service.fullName.slice(1), methods: methods.map(methodEntry) }];
}

function methodEntry(method: protobuf.Method): MethodEntry {
  return {
    name: method.name,
    request: method.resolvedRequestType?.fullName.slice(1) ?? '',
    response: method.resolvedResponseType?.fullName.slice(1) ?? '',
    requestStream: method.requestStream === true,
    responseStream: method.responseStream === true,
  };
}

const typeIn = (root: protobuf.Root) => (name: string) => root.lookupType(name);

/** Full names of `types` and of everything their fields, and the types around them, refer to. */
function reachableFrom(types: readonly protobuf.ReflectionObject[]): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (object: protobuf.ReflectionObject | null): void => {
    if (object === null || found.has(object.fullName)) return;
    found.add(object.fullName);
    if (object.parent instanceof protobuf.Type) visit(object.parent);
    if (object instanceof protobuf.Type) for (const field of object.fieldsArray) visit(field.resolvedType);
  };
  for (const type of types) visit(type);
  return found;
}

function prune(space: protobuf.NamespaceBase, kept: ReadonlySet<string>): void {
  for (const entry of space.nestedArray) {
    const isPackage = entry.constructor === protobuf.Namespace;
    if (!isPackage && !kept.has(entry.fullName)) space.remove(entry);
    else if (entry instanceof protobuf.Namespace) prune(entry, kept);
  }
}
