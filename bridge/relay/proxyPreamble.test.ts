import { expect, test } from 'vitest';
import { proxyV2, userTlv } from '../../testing/proxyV2.ts';
import { proxyPreamble } from './proxyPreamble.ts';
import type { Target } from './targets.ts';

const target: Target = { name: 'motd', address: { host: '127.0.0.1', port: 1 } };

const client = {
  endpoints: () => ({
    remoteAddress: '192.0.2.7',
    remotePort: 56324,
    localAddress: '198.51.100.1',
    localPort: 26310,
  }),
  user: 'anna',
};

const V1 = Buffer.from('PROXY TCP4 192.0.2.7 198.51.100.1 56324 26310\r\n');
const V2 = proxyV2({ tlvs: [userTlv('anna')] });

test('is the header of the version that the target expects', () => {
  expect(proxyPreamble({ ...target, proxyVersion: 1 }, client)).toEqual(V1);
  expect(proxyPreamble({ ...target, proxyVersion: 2 }, client)).toEqual(V2);
});

test('names no client for a connection of the bridge itself', () => {
  expect(proxyPreamble({ ...target, proxyVersion: 1 }).toString()).toBe('PROXY UNKNOWN\r\n');
  const local = { command: 0x20, family: 0, addresses: Buffer.alloc(0) };
  expect(proxyPreamble({ ...target, proxyVersion: 2 })).toEqual(proxyV2(local));
});

test('begins with the key of the target', () => {
  const keyed = { ...target, proxyKey: 'secret' };
  const key = Buffer.from('PROXY-KEY secret\r\n');
  expect(proxyPreamble({ ...keyed, proxyVersion: 1 }, client)).toEqual(Buffer.concat([key, V1]));
  expect(proxyPreamble({ ...keyed, proxyVersion: 2 }, client)).toEqual(Buffer.concat([key, V2]));
});

test('is empty if the target expects no header', () => {
  expect(proxyPreamble({ ...target, proxyKey: 'secret' }, client)).toHaveLength(0);
});
