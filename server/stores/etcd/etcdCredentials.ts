// How a server makes itself known to etcd, and whom it believes to be etcd.

export interface EtcdTls {
  ca?: Buffer | undefined;
  /** Our own certificate and its key, where etcd asks for one (PEM). */
  cert?: Buffer | undefined;
  key?: Buffer | undefined;
}

export interface EtcdCredentials {
  /** Speak TLS; believe who `ca` vouches for (PEM), or else the well-known authorities. */
  tls?: EtcdTls | undefined;
  auth?: { user: string; password: string } | undefined;
}
