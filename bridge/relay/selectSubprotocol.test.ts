import { expect, test } from 'vitest';
import { selectSubprotocol } from './selectSubprotocol.ts';

const address = { host: '127.0.0.1', port: 1 };

test.each([
  { offers: [], of: [], selects: undefined },
  { offers: [], of: ['mqtt'], selects: undefined },
  { offers: ['mqtt'], of: [], selects: undefined },
  { offers: ['binary'], of: [], selects: 'binary' },
  { offers: ['base64', 'binary'], of: [], selects: 'binary' },
  { offers: ['mqtt'], of: ['mqtt'], selects: 'mqtt' },
  { offers: ['mqttv3.1', 'mqtt'], of: ['mqtt'], selects: 'mqtt' },
  { offers: ['MQTT'], of: ['mqtt'], selects: undefined },
  { offers: ['v10.stomp', 'v12.stomp'], of: ['v12.stomp', 'v10.stomp'], selects: 'v12.stomp' },
  { offers: ['v10.stomp', 'v11.stomp'], of: ['v12.stomp', 'v11.stomp'], selects: 'v11.stomp' },
  { offers: ['binary', 'mqtt'], of: ['mqtt'], selects: 'mqtt' },
  { offers: ['binary', 'other'], of: ['mqtt'], selects: 'binary' },
  { offers: ['mqtt', 'binary'], of: ['binary', 'mqtt'], selects: 'binary' },
])('selects $selects if $offers is offered to a target of $of', ({ offers, of, selects }) => {
  const target = { name: 'target', address, subprotocols: of };
  expect(selectSubprotocol(new Set(offers), target)).toBe(selects);
});

test('selects binary, or none, for a target without subprotocols', () => {
  const target = { name: 'target', address };
  expect(selectSubprotocol(new Set(['mqtt', 'binary']), target)).toBe('binary');
  expect(selectSubprotocol(new Set(['mqtt']), target)).toBeUndefined();
});
