import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { listeningEndpoint } from '../../access/endpoint.ts';
import { LocalQuota } from '../../access/localQuota.ts';
import { MAX_UNANSWERED } from '../../access/unansweredRequests.ts';
import { releaseWhenAnswered } from './releaseLease.ts';

/** A connection with as many unanswered requests as it may have, each with a lease. */
async function unansweredRequests() {
  const quota = new LocalQuota({ total: MAX_UNANSWERED, perSource: MAX_UNANSWERED });
  const responses: ServerResponse[] = [];
  const server = createServer((request, response) => {
    const lease = quota.acquire('192.0.2.1');
    if (typeof lease === 'string') throw new Error('more requests than expected');
    releaseWhenAnswered(lease, request.socket, response);
    responses.push(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect(listeningEndpoint(server).port, '127.0.0.1');
  onTestFinished(() => {
    client.destroy();
    server.close();
  });
  client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(MAX_UNANSWERED));
  await expect.poll(() => quota.isFull).toBe(true);
  return { quota, responses, client };
}

function freeUnits(quota: LocalQuota): number {
  const leases = [];
  for (let lease = quota.acquire(); typeof lease !== 'string'; lease = quota.acquire())
    leases.push(lease);
  for (const lease of leases) lease.release();
  return leases.length;
}

test('releases the lease of each answered request', async () => {
  const { quota, responses, client } = await unansweredRequests();
  client.resume();
  for (const response of responses.slice(0, 3)) response.end();
  await expect.poll(() => freeUnits(quota)).toBe(3);
});

test('releases every lease when the connection closes', async () => {
  const { quota, client } = await unansweredRequests();
  client.destroy();
  await expect.poll(() => freeUnits(quota)).toBe(MAX_UNANSWERED);
});

test('has one listener for all requests of a connection: Node does not warn', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => void warnings.push(warning);
  process.on('warning', onWarning);
  onTestFinished(() => void process.off('warning', onWarning));
  const { quota, client } = await unansweredRequests();
  client.destroy();
  await expect.poll(() => freeUnits(quota)).toBe(MAX_UNANSWERED);
  expect(warnings).toEqual([]);
});
