// What a client of a server sends, and how many bytes come back: the same questions in our protocol
// and in that of Redis (RESP). Requests are prepared and replies are counted, so that a load spends
// its time in system calls.

export interface Exchange {
  request: Buffer;
  replyBytes: number;
}

export interface Dialect {
  /** Requests the message in force. */
  get: Exchange;
  /** Ends the session; the server closes. */
  quit: Exchange;
  /** Stores a message for good. */
  store: Exchange;
  /** Subscribes to new messages. */
  watch: Exchange;
  /** Sends a message to this many watchers. */
  publish(watchers: number): Exchange;
  /** The length of what each watcher then gets. */
  updateBytes: number;
}

/** The message of a new server. */
export const MESSAGE = 'An apple a day keeps the doctor away.';
const NEW_MESSAGE = 'Tonight from 22:00 the cluster is read-only.';

const STORE = exchange(`MSGSTORE\n${NEW_MESSAGE}\n`, '200 OK\n200 OK\n');

const MOTD: Dialect = {
  get: exchange('MSGGET\n', `200 OK\n${MESSAGE}\n`),
  quit: exchange('QUIT\n', '200 OK\n'),
  store: STORE,
  watch: exchange('MSGWATCH\n', `200 OK\n${MESSAGE}\n`),
  publish: () => STORE,
  updateBytes: `${NEW_MESSAGE}\n`.length,
};

export const REDIS_KEY = 'motd';

const REDIS: Dialect = {
  get: exchange(resp('GET', REDIS_KEY), bulk(MESSAGE)),
  quit: exchange(resp('QUIT'), '+OK\r\n'),
  store: exchange(resp('SET', REDIS_KEY, NEW_MESSAGE), '+OK\r\n'),
  watch: exchange(
    resp('SUBSCRIBE', REDIS_KEY),
    `*3\r\n${bulk('subscribe')}${bulk(REDIS_KEY)}:1\r\n`,
  ),
  publish: (watchers) => exchange(resp('PUBLISH', REDIS_KEY, NEW_MESSAGE), `:${watchers}\r\n`),
  updateBytes: resp('message', REDIS_KEY, NEW_MESSAGE).length,
};

export const DIALECTS = { motd: MOTD, redis: REDIS };

export type DialectName = keyof typeof DIALECTS;

function exchange(request: string, reply: string): Exchange {
  return { request: Buffer.from(request), replyBytes: reply.length };
}

/** A command, or a message, as an array of strings. */
export function resp(...parts: string[]): string {
  return `*${parts.length}\r\n${parts.map(bulk).join('')}`;
}

function bulk(text: string): string {
  return `$${text.length}\r\n${text}\r\n`;
}
