// The negotiation of a subprotocol over a real connection, header by header.

import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { responseHead } from '../../testing/rawHttp.ts';
import { upgradeRequest } from '../../testing/rawWebSocket.ts';
import {
  echo,
  limitedTo,
  pageOf,
  type RunningBridge,
  startBridge,
  startTarget,
  type TestBridgeSettings,
  TestPeer,
} from '../bridge.harness.ts';
import { TargetList } from './targetList.ts';

/** A bridge to `mqtt`, the default, to `stomp`, and to `plain`, which has no subprotocols. */
async function start(settings: TestBridgeSettings = {}): Promise<RunningBridge> {
  const address = { host: '127.0.0.1', port: await startTarget(echo) };
  const targets = new TargetList([
    { name: 'mqtt', address, subprotocols: ['mqtt', 'mqttv3.1'] },
    { name: 'stomp', address, subprotocols: ['v12.stomp', 'v10.stomp'] },
    { name: 'plain', address },
  ]);
  return startBridge({ unused: 1 }, { ...settings, targets });
}

interface Response {
  status: number;
  subprotocols: string[];
}

/** Sends an upgrade with these header fields, each a line of its own. */
async function upgrade(
  { port }: RunningBridge,
  path: string,
  fields: readonly string[],
): Promise<Response> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
  });
  const lines = fields.map((value) => `Sec-WebSocket-Protocol:${value}\r\n`).join('');
  socket.write(upgradeRequest(path).replace(/\r\n$/, `${lines}\r\n`));
  const { head } = await responseHead(socket);
  const [statusLine = '', ...headers] = head.split('\r\n');
  const subprotocols = headers.flatMap((line) => {
    const [, value] = /^sec-websocket-protocol: (.*)$/i.exec(line) ?? [];
    return value === undefined ? [] : [value];
  });
  return { status: Number(statusLine.split(' ')[1]), subprotocols };
}

describe('an upgrade', () => {
  test.each([
    ['no header', [], undefined],
    ['one name', [' mqtt'], 'mqtt'],
    ['no space', ['mqtt'], 'mqtt'],
    ['spaces and tabs around names', [' \t other \t,\t mqtt \t '], 'mqtt'],
    ['no spaces between names', [' other,mqtt,third'], 'mqtt'],
    ['the client’s preference against the operator’s', [' mqttv3.1, mqtt'], 'mqtt'],
    ['several headers', [' other', ' third, mqttv3.1'], 'mqttv3.1'],
    ['an unknown name', [' other'], undefined],
    ['a name in another case', [' MQTT'], undefined],
    ['a name that begins like it', [' mqtt2, mqt'], undefined],
    ['binary among unknown names', [' base64, binary'], 'binary'],
    ['binary before one of the target', [' binary, mqtt'], 'mqtt'],
    ['the names of another target', [' v12.stomp, v10.stomp'], undefined],
    ['names of objects', [' constructor, __proto__'], undefined],
    [
      'a thousand names',
      [Array.from({ length: 1000 }, (_, at) => ` n${at}`).join(), ' mqtt'],
      'mqtt',
    ],
  ])('succeeds with %s', async (_what, fields, selected) => {
    const expected = { status: 101, subprotocols: selected === undefined ? [] : [selected] };
    expect(await upgrade(await start(), '/ws', fields)).toEqual(expected);
  });

  // A name is a token, and each is offered once (RFC 6455, section 4.1, item 10).
  test.each([
    ['an empty header', ['']],
    ['white space only', [' \t ']],
    ['an empty element', [' mqtt,,other']],
    ['a comma before the first name', [' ,mqtt']],
    ['a comma after the last name', [' mqtt,']],
    ['a name twice', [' mqtt, mqtt']],
    ['a name twice, in two headers', [' mqtt', ' mqtt']],
    ['two names without a comma', [' mqtt other']],
    ['a quoted name', [' "mqtt"']],
    ['a character that is not of a token', [' mqtt, a/b']],
    ['a character outside ASCII', [' mqtt, \xfc']],
  ])('gets 400 with %s', async (_what, fields) => {
    expect(await upgrade(await start(), '/ws', fields)).toEqual({ status: 400, subprotocols: [] });
  });

  test('uses no quota if it gets 400', async () => {
    const limits = limitedTo(1);
    const bridge = await start({ limits });
    for (let tries = 0; tries < 5; tries++) {
      // The failed upgrade before this one may still count for a moment.
      await expect.poll(async () => (await upgrade(bridge, '/ws', [' ,'])).status).toBe(400);
    }
    await expect.poll(async () => (await upgrade(bridge, '/ws', [])).status).toBe(101);
  });
});

describe('a target', () => {
  test.each([
    ['/ws', 'mqtt'],
    ['/ws/', 'mqtt'],
    ['/ws/?x', 'mqtt'],
    ['/ws/mqtt', 'mqtt'],
    ['/ws/mqtt/', 'mqtt'],
    ['/ws/stomp', 'v12.stomp'],
    ['/ws/stomp/', 'v12.stomp'],
    ['/ws/st%6Fmp/', 'v12.stomp'],
    ['/ws/plain', 'binary'],
    ['/ws/plain/?target=mqtt', 'binary'],
  ])('negotiates its own subprotocols at %s', async (path, selected) => {
    const offered = [' binary, v10.stomp, v12.stomp, mqtt'];
    for (const basePath of ['', '/motd']) {
      const bridge = await start({ basePath });
      const { subprotocols } = await upgrade(bridge, `${basePath}${path}`, offered);
      expect(subprotocols).toEqual([selected]);
    }
  });

  test('negotiates the subprotocols it has at the time of the request', async () => {
    const address = { host: '127.0.0.1', port: await startTarget(echo) };
    const targets = new TargetList([{ name: 'broker', address }]);
    const bridge = await startBridge({ unused: 1 }, { targets });
    expect((await upgrade(bridge, '/ws', [' mqtt'])).subprotocols).toEqual([]);
    targets.replace([{ name: 'broker', address, subprotocols: ['mqtt'] }]);
    expect((await upgrade(bridge, '/ws', [' mqtt'])).subprotocols).toEqual(['mqtt']);
  });

  test('relays the same bytes with a subprotocol, to a page and to a program', async () => {
    const bridge = await start();
    for (const origin of [undefined, pageOf(bridge)]) {
      const options = { protocols: ['mqtt'], ...(origin !== undefined && { origin }) };
      const peer = new TestPeer(bridge, '/ws', options);
      await peer.opened();
      expect(peer.webSocket.protocol).toBe('mqtt');
      peer.webSocket.send(Buffer.from([0, 255, 13, 10]));
      await peer.untilBytes(4);
      expect(peer.received).toEqual(Buffer.from([0, 255, 13, 10]));
    }
  });

  test('fails the connection of a client that offers only others, which the client does', async () => {
    const peer = new TestPeer(await start(), '/ws', { protocols: ['other'] });
    const [error] = await once(peer.webSocket, 'error');
    expect(String(error)).toContain('Server sent no subprotocol');
  });
});

test('/metrics counts sessions by subprotocol, under no name that a client chose', async () => {
  const bridge = await start();
  for (const [path, offered] of [
    ['/ws', [' mqtt']],
    ['/ws/mqtt/', [' mqtt, binary']],
    ['/ws', [' mine']],
    ['/ws', []],
    ['/ws/stomp', [' v10.stomp']],
    ['/ws/plain', [' mqtt, binary']],
  ] as const) {
    expect((await upgrade(bridge, path, offered)).status).toBe(101);
  }
  const name = 'motd_bridge_subprotocol_sessions_total';
  const counted = async () => {
    const text = await (await fetch(`${pageOf(bridge)}/metrics`)).text();
    return text.split('\n').filter((line) => line.startsWith(name));
  };
  await expect
    .poll(counted)
    .toEqual([
      `${name}{target="mqtt",subprotocol="mqtt"} 2`,
      `${name}{target="mqtt",subprotocol="none"} 2`,
      `${name}{target="stomp",subprotocol="v10.stomp"} 1`,
      `${name}{target="plain",subprotocol="binary"} 1`,
    ]);
});
