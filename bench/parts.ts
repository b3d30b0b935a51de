// All parts, in the order in which they run and are shown.

import type { Part } from './part.ts';
import { bandwidth, memory, roundTrips, sessions, tlsBandwidth } from './parts/bridge.ts';
import { etcdReading, etcdStoring, etcdWatching } from './parts/etcd.ts';
import { events, plainMessage } from './parts/feed.ts';
import { get, shellGet } from './parts/get.ts';
import { logins } from './parts/logins.ts';
import { msgget, relayedMsgget } from './parts/msgget.ts';
import { opening, typing, weight } from './parts/page.ts';
import { store } from './parts/store.ts';
import { idle, starting } from './parts/up.ts';
import { watching } from './parts/watch.ts';
import { bridgeWorkers, serverWorkers } from './parts/workers.ts';

export const PARTS: readonly Part[] = [
  opening,
  typing,
  weight,
  get,
  shellGet,
  starting,
  idle,
  bandwidth,
  tlsBandwidth,
  roundTrips,
  sessions,
  memory,
  logins,
  msgget,
  relayedMsgget,
  store,
  watching,
  plainMessage,
  events,
  serverWorkers,
  bridgeWorkers,
  etcdReading,
  etcdWatching,
  etcdStoring,
];
