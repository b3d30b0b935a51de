// The command line of one member of an etcd cluster on loopback.

import { join } from 'node:path';

export interface EtcdMemberPorts {
  name: string;
  clientPort: number;
  peerPort: number;
  /** The port that the other members connect to, if a forwarder is in front of `peerPort`. */
  advertisedPeerPort?: number;
}

export interface EtcdArgumentsOptions {
  /** Holds a data folder for each member. */
  folder: string;
  /** Clients must use TLS. */
  tls?: boolean;
}

/** @param all Every member of the cluster, this one included. */
export function etcdArguments(
  member: EtcdMemberPorts,
  all: readonly EtcdMemberPorts[],
  { folder, tls = false }: EtcdArgumentsOptions,
): string[] {
  const client = `${tls ? 'https' : 'http'}://127.0.0.1:${member.clientPort}`;
  const peers = all.map((each) => `${each.name}=${advertisedPeerUrl(each)}`);
  return [
    ...['--name', member.name, '--data-dir', join(folder, member.name)],
    ...['--listen-client-urls', client, '--advertise-client-urls', client],
    ...['--listen-peer-urls', `http://127.0.0.1:${member.peerPort}`],
    ...['--initial-advertise-peer-urls', advertisedPeerUrl(member)],
    ...['--initial-cluster', peers.join(','), '--initial-cluster-token', folder],
  ];
}

function advertisedPeerUrl({ peerPort, advertisedPeerPort = peerPort }: EtcdMemberPorts): string {
  return `http://127.0.0.1:${advertisedPeerPort}`;
}
