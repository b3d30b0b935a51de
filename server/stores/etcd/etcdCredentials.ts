// How a server authenticates itself to etcd, and how it verifies etcd's certificate.

export interface EtcdTls {
  /** The authorities to trust, in PEM; the system's well-known ones if omitted. */
  ca?: Buffer | undefined;
  /** A client certificate and its key, in PEM, if etcd requires one. */
  cert?: Buffer | undefined;
  key?: Buffer | undefined;
}

export interface EtcdCredentials {
  tls?: EtcdTls | undefined;
  auth?: { user: string; password: string } | undefined;
}
