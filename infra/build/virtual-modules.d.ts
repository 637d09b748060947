/** Made by etcd3-plugin.ts while bundling. */
declare module 'etcd-autopilot:etcd-descriptor' {
  const descriptor: import('./etcd3-descriptor.ts').EtcdDescriptor;
  export default descriptor;
}
