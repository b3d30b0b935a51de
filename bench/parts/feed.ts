// The message over HTTP.

import type { Contestant } from '../contestant.ts';
import { OURS, ourServer, ourVersion, startBridge, startServer } from '../contestants/motd.ts';
import { nginxWithFile } from '../contestants/nginx.ts';
import { type LoadTarget, openSession, targetOf } from '../loads/loadTarget.ts';
import { measureRoundTrips } from '../loads/roundTrips.ts';
import type { Watched } from '../loads/update.ts';
import { WatcherProcess } from '../loads/watcherProcess.ts';
import { comparison } from '../part.ts';
import type { Programs } from '../programs.ts';
import { oneUpdate, WATCHERS, watched } from './watch.ts';

const REQUEST = Buffer.from('GET /message HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
const CONNECTIONS = 50;

/** Each reader of events is a session. A heartbeat must not be taken for an event. */
const MANY_READERS = [
  ...['--max-sessions', '100000', '--max-sessions-per-source', '100000'],
  ...['--ping-interval', '3600'],
];

async function startFeed(programs: Programs) {
  const server = await startServer(programs);
  const address = `127.0.0.1:${server.port}`;
  const bridge = await startBridge(programs, address, '--feed', address, ...MANY_READERS);
  return { server, bridge };
}

const feed: Contestant<LoadTarget> = {
  name: OURS,
  find: ourVersion,
  start: async (programs) => targetOf([(await startFeed(programs)).bridge]),
};

export const plainMessage = comparison<LoadTarget>({
  name: 'feed',
  title: 'GET /message',
  about:
    'Connections that stay open, each with one request in flight. nginx is one process, and serves the same text from a file.',
  contestants: [feed, nginxWithFile('message')],
  loads: [
    {
      rows: [{ title: `GET /message, ${CONNECTIONS} × 1`, unit: 'requests/s', per: 'request' }],
      measure: async (target, seconds) => {
        const replyBytes = await responseBytes(target);
        const load = { request: REQUEST, replyBytes, connections: CONNECTIONS, inFlight: 1 };
        return [await measureRoundTrips(target, load, seconds)];
      },
    },
  ],
});

/** The length of a response, which is always the same. It ends with the message's line end. */
async function responseBytes(target: LoadTarget): Promise<number> {
  const connection = await openSession(target);
  const length = await new Promise<number>((resolve, reject) => {
    let response = '';
    connection.onClosed = () => reject(new Error(`closed after: ${response}`));
    connection.onBytes = (bytes) => {
      response += bytes.toString('latin1');
      const [head = '', body = ''] = response.split('\r\n\r\n');
      if (!head.startsWith('HTTP/1.1 200 ')) reject(new Error(`not a message: ${response}`));
      if (body.endsWith('\n')) resolve(response.length);
    };
    connection.write(REQUEST);
  });
  connection.destroy();
  return length;
}

const readers: Contestant<Watched> = {
  name: 'events',
  find: ourVersion,
  async start(programs) {
    const { server, bridge } = await startFeed(programs);
    return {
      target: { ...targetOf([server]), pids: [bridge.pid, server.pid] },
      dialect: 'motd',
      watchers: WATCHERS,
      process: await WatcherProcess.start(programs, 'events', WATCHERS, [bridge.port]),
    };
  },
};

export const events = comparison({
  name: 'feed',
  title: `One message to ${WATCHERS.toLocaleString('en')} readers of events`,
  about:
    'From storing a message until a reader of `/message/events` has it, beside as many watchers of the message server.',
  contestants: [readers, watched(ourServer(startServer, 'MSGWATCH'))],
  loads: [oneUpdate],
});
