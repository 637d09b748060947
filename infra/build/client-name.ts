/**
 * The name that `@grpc/proto-loader` gives a method on a client, which etcd3 calls it by: each word begins with one
 * capital letter, also one that is written in capitals (`HashKV` is `hashKv`), and the first with none.
 */
export function clientNameOf(method: string): string {
  const words = method.replace(
    /([A-Z])([A-Z]+)(?=[A-Z][a-z]|$)/g,
    (_, first: string, rest: string) => first + rest.toLowerCase(),
  );
  return `${words.charAt(0).toLowerCase()}${words.slice(1)}`;
}
