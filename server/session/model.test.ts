// Several clients at once against a real server, and a model of what each of them should hear.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Endpoint } from '../../access/endpoint.ts';
import { seed } from '../../testing/random.ts';
import { record } from '../../testing/record.ts';
import { scaled } from '../../testing/scale.ts';
import { APPLE, startServer, TestClient } from '../server.harness.ts';

const CLIENTS = 3;

/** The whole protocol, as far as words go, for several clients. */
class Model {
  readonly heard: string[] = Array.from({ length: CLIENTS }, () => '');
  readonly #states: string[] = Array.from({ length: CLIENTS }, () => 'command');
  readonly #wrong: number[] = Array.from({ length: CLIENTS }, () => 0);
  #message = APPLE;

  says(client: number, line: string): void {
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
    this.heard[client] += `${reply}\n`;
    this.#states[client] = next;
  }

  #store(client: number, line: string): void {
    const isCommand = /^(MSG(GET|STORE|WATCH|HIST)|QUIT|SHUTDOWN)$/.test(line);
    this.heard[client] += isCommand ? 'EXPECTED MOTD, RECEIVED COMMAND\n' : '200 OK\n';
    if (isCommand) return;
    this.#message = line;
    for (const [watcher, state] of this.#states.entries()) {
      if (state === 'watching') this.heard[watcher] += `${line}\n`;
    }
  }

  #guess(client: number): void {
    const wrong = (this.#wrong[client] ?? 0) + 1;
    this.#wrong[client] = wrong;
    this.heard[client] += wrong < 3 ? '301 WRONG PASSWORD\n' : '421 TOO MANY WRONG PASSWORDS\n';
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

test('every client hears what the model says', { timeout: scaled(20_000, 1_800_000) }, async () => {
  const running = await startServer({ isTrustedProxy: () => true });
  let sequences = 0;
  let steps = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (sequence) => {
      const model = new Model();
      const clients = await Promise.all(
        model.heard.map((_, client) => clientFrom(running, sequences * CLIENTS + client)),
      );
      await clients[0]?.send('MSGSTORE\n', `${APPLE}\n`);
      await clients[0]?.until('200 OK\n200 OK\n');
      model.heard[0] += '200 OK\n200 OK\n';
      for (const { client, line } of sequence) {
        model.says(client, line);
        await clients[client]?.send(`${line}\n`);
        // Each step is done before the next: who comes first is for the model to know.
        await Promise.all(clients.map((each, index) => each.until(model.heard[index] ?? '')));
      }
      expect(clients.map(({ received }) => received)).toEqual(model.heard);
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

/** Each from an address of its own: wrong passwords of one sequence are none of the next. */
async function clientFrom(running: Endpoint, number: number) {
  const client = new TestClient(running);
  const address = [10, (number >> 16) & 255, (number >> 8) & 255, number & 255].join('.');
  await client.send(`PROXY TCP4 ${address} 198.51.100.1 5000 26310\r\n`);
  return client;
}
