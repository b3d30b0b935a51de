// The message over HTTP behind real reverse proxies, with the configurations of docs/internet.md.

import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { text } from 'node:stream/consumers';
import { freePort } from '../../testing/freePort.ts';
import { expect, store, test } from '../fixtures.ts';
import { haproxy, nginx, startProxy } from '../proxies.ts';
import { readMessages, startFeed } from './feedProgram.ts';

const APPLE = 'An apple a day keeps the doctor away.';

for (const proxy of [nginx, haproxy]) {
  test(`behind ${proxy.name}, events arrive at once, and the feed knows its address`, async ({
    server,
  }) => {
    test.skip(proxy.command === '', `${proxy.name} is not installed`);
    const port = await freePort();
    const origin = `https://127.0.0.1:${port}`;
    const flags = ['--base-path', '/motd', '--public-origin', origin];
    const { port: bridgePort } = await startFeed(server, flags);
    await startProxy(proxy, { port, bridgePort, usesTls: true });
    const open = async (path: string): Promise<IncomingMessage> => {
      const request = get(`${origin}/motd/${path}`, { rejectUnauthorized: false, agent: false });
      const [response] = await once(request, 'response');
      return response;
    };

    const messages = readMessages(await open('message/events'));
    await expect.poll(() => messages).toEqual([APPLE]);
    await store('through the proxy', server.port);
    await expect.poll(() => messages).toEqual([APPLE, 'through the proxy']);
    expect(await text(await open('messages.atom'))).toContain(
      `<id>${origin}/motd/messages.atom</id>`,
    );
  });
}
