// Several concurrent clients against a real server, compared with a model of what each should
// receive.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Endpoint } from '../../access/endpoint.ts';
import { seed } from '../../testing/random.ts';
import { record } from '../../testing/record.ts';
import { scaled } from '../../testing/scale.ts';
import { APPLE, startServer, TestClient } from '../server.harness.ts';

const CLIENTS = 3;

/** The replies of the protocol, for several clients. */
class ReplyModel {
  readonly expected: string[] = Array.from({ length: CLIENTS }, () => '');
  readonly #states: string[] = Array.from({ length: CLIENTS }, () => 'command');
  readonly #wrong: number[] = Array.from({ length: CLIENTS }, () => 0);
  #message = APPLE;

  send(client: number, line: string): void {
    const state = this.#states[client];
    if (state === 'closed') return;
    this.#states[client] = 'command';
    if (state === 'message') this.#store(client, line);
    else if (state === 'password') this.#guess(client);
    else this.#command(client, line);
  }

  #command(client: number, line: string): void {
    const [reply = '400 UNKNOWN COMMAND', next = 'command'] =
      {
        MSGGET: [`200 OK\n${this.#message}`],
        MSGSTORE: ['200 OK', 'message'],
        MSGWATCH: [`200 OK\n${this.#message}`, 'watching'],
        QUIT: ['200 OK', 'closed'],
        SHUTDOWN: ['300 PASSWORD REQUIRED', 'password'],
      }[line] ?? [];
    this.expected[client] += `${reply}\n`;
    this.#states[client] = next;
  }

  #store(client: number, line: string): void {
    const isCommand = /^(MSG(GET|STORE|WATCH|HIST)|QUIT|SHUTDOWN)$/.test(line);
    this.expected[client] += isCommand ? 'EXPECTED MOTD, RECEIVED COMMAND\n' : '200 OK\n';
    if (isCommand) return;
    this.#message = line;
    for (const [watcher, state] of this.#states.entries()) {
      if (state === 'watching') this.expected[watcher] += `${line}\n`;
    }
  }

  #guess(client: number): void {
    const wrong = (this.#wrong[client] ?? 0) + 1;
    this.#wrong[client] = wrong;
    this.expected[client] += wrong < 3 ? '301 WRONG PASSWORD\n' : '421 TOO MANY WRONG PASSWORDS\n';
    if (wrong === 3) this.#states[client] = 'closed';
  }
}

const step = fc.record({
  client: fc.nat(CLIENTS - 1),
  line: fc.constantFrom(
    'MSGGET',
    'MSGSTORE',
    'MSGSTORE',
    'MSGWATCH',
    'SHUTDOWN',
    'QUIT',
    'FOO',
    'a',
    'b b',
  ),
});

test('sends every client what the model predicts', {
  timeout: scaled(20_000, 1_800_000),
}, async () => {
  const running = await startServer({ isTrustedProxy: () => true });
  let sequences = 0;
  let steps = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (sequence) => {
      const model = new ReplyModel();
      const clients = await Promise.all(
        model.expected.map((_, client) => clientFrom(running, sequences * CLIENTS + client)),
      );
      await clients[0]?.send('MSGSTORE\n', `${APPLE}\n`);
      await clients[0]?.until('200 OK\n200 OK\n');
      model.expected[0] += '200 OK\n200 OK\n';
      for (const { client, line } of sequence) {
        model.send(client, line);
        await clients[client]?.send(`${line}\n`);
        // Complete each step before the next, since the model assumes an order.
        await Promise.all(clients.map((each, index) => each.until(model.expected[index] ?? '')));
      }
      expect(clients.map(({ received }) => received)).toEqual(model.expected);
      for (const { socket } of clients) socket.destroy();
      sequences++;
      steps += sequence.length;
    }),
    { numRuns: scaled(100, 10_000), seed, endOnFailure: true },
  );
  record(
    'model-based',
    `${sequences.toLocaleString('en')} sequences of ${CLIENTS} clients, ${steps.toLocaleString('en')} steps; 0 differences`,
  );
});

/** Each from a different address, so that wrong passwords do not count in a later sequence. */
async function clientFrom(running: Endpoint, number: number) {
  const client = new TestClient(running);
  const address = [10, (number >> 16) & 255, (number >> 8) & 255, number & 255].join('.');
  await client.send(`PROXY TCP4 ${address} 198.51.100.1 5000 26310\r\n`);
  return client;
}
