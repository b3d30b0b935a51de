// What the log gets of a target that requires a client certificate, which TLS 1.3 reports after the
// handshake.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:tls';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startBridge, TestPeer } from '../../bridge/bridge.harness.ts';
import { TargetCas } from '../../bridge/relay/targetCas.ts';
import { tlsFile } from '../../testing/tlsFile.ts';
import { SETTLE_MS } from './outage.pure.ts';
import { Outages } from './outages.ts';

const CA = readFileSync(tlsFile('ca'));

async function startTargetThatRequiresCertificate(): Promise<number> {
  const [cert, key] = [readFileSync(tlsFile('signed')), readFileSync(tlsFile('key'))];
  const server = createServer({ cert, key, ca: CA, requestCert: true, minVersion: 'TLSv1.3' });
  server.on('tlsClientError', () => {}).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

test('a target that requires a client certificate never recovers, however far apart its sessions are', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const logged: (string | null)[] = [];
  const outages = new Outages((_subject, failure) => logged.push(failure));
  const bridge = await startBridge(
    { irc: await startTargetThatRequiresCertificate() },
    {
      tlsName: '127.0.0.1',
      targetCas: new TargetCas(CA),
      onTargetOutcome: (target, failure) => outages.report({ kind: 'target', target }, failure),
    },
  );
  for (let times = 0; times < 3; times++) {
    expect(await new TestPeer(bridge).closed()).toMatchObject({ code: 1014 });
    vi.advanceTimersByTime(2 * SETTLE_MS);
  }
  expect(logged).toEqual(['irc requires a client certificate']);
});
