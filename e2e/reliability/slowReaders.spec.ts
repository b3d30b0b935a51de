// Peers that request much and read nothing, and peers that never end a line.

import { mebibytes } from '../../testing/byteUnits.ts';
import {
  bytesInFlightTo,
  isLinux,
  NEEDS_LINUX,
  peakKb,
  resetPeak,
  rssKb,
} from '../../testing/procFs.ts';
import { record } from '../../testing/record.ts';
import { scaled } from '../../testing/scale.ts';
import { expect, QUICK } from '../fixtures.ts';
import { LatencyProbe, MANY_SAMPLES } from './latencyProbe.ts';
import { pidOf, RawClient, startSilentServer, test } from './rawClient.ts';

const MESSAGES = Array.from({ length: 1000 }, (_, at) => `${at} `.padEnd(4000, 'x'));
const NEWEST = MESSAGES.at(-1) ?? '';

test.skip(!isLinux, NEEDS_LINUX);
test.describe.configure({ mode: 'default', timeout: scaled(60_000, 300_000) });

test('does not produce replies that a peer does not read', async () => {
  const count = scaled(50, 1000);
  const { program, port } = await startSilentServer();
  const pid = pidOf(program);
  const storingClient = await RawClient.connect(port);
  const stored = await storingClient.request(
    MESSAGES.map((text) => `MSGSTORE\n${text}\n`).join(''),
    2000,
  );
  expect(new Set(stored)).toEqual(new Set(['200 OK']));

  const probe = await LatencyProbe.start(port, NEWEST);
  const baseline = await probe.report(MANY_SAMPLES);

  const before = rssKb(pid);
  resetPeak(pid);
  const readers = await RawClient.connectMany(count, port, { startsPaused: true });
  // In full, the replies to each are 40 MB of history and 4 MB of messages.
  for (const reader of readers) reader.send('MSGHIST\n'.repeat(10) + 'MSGGET\n'.repeat(1000));
  const ports = new Set(readers.map(({ socket }) => socket.localPort ?? 0));
  await probe.waitUntilStable(() => bytesInFlightTo(ports));
  const filling = await probe.report();
  const blocked = await probe.report(MANY_SAMPLES);
  const peak = peakKb(pid);

  // A peer that starts to read later gets everything.
  const late = readers.slice(0, 2);
  for (const reader of late) {
    reader.startReading();
    const lines = await reader.nextLines(10 * (1 + MESSAGES.length + 1) + 2 * 1000);
    expect(lines.filter((line) => line.endsWith(NEWEST))).toHaveLength(10 + 1000);
    expect(lines.filter((line) => line === '.')).toHaveLength(10);
  }
  const each = (peak - before) / count;
  record(
    'slow readers',
    `${count} connections that requested 44 MB each and read nothing: server RSS ` +
      `${mebibytes(before)} before, ${mebibytes(peak)} at most, ` +
      `${Math.round(each)} kB each; a latency probe before: ${baseline}; ` +
      `while the kernel's buffers filled: ${filling}; then: ${blocked}`,
  );
  // Buffering only the first history would take 4 MB.
  expect(peak - before).toBeLessThan(50_000 + count * 400);
});

test('reads lines that arrive a byte at a time', QUICK, async () => {
  const count = scaled(20, 500);
  const { pid, probe, senders, before } = await connectSenders(count);
  const bytes = scaled(200, 4096);
  for (let sent = 0; sent < bytes; sent++) {
    for (const sender of senders) sender.send('x');
    await new Promise(setImmediate);
  }
  const peak = peakKb(pid);
  const seen = await probe.report();
  const replies = await Promise.all(senders.map((sender) => sender.request('\nMSGGET\n', 3)));
  expect(new Set(replies.map(([first]) => first))).toEqual(new Set(['400 UNKNOWN COMMAND']));
  record(
    'a byte at a time',
    `${count} connections, ${bytes} bytes each, one by one and without an LF: server RSS ` +
      `${mebibytes(before)} before, ${mebibytes(peak)} at most; ` +
      `a latency probe: ${seen}`,
  );
  expect(peak - before).toBeLessThan(50_000 + count * 40);
});

test('discards endless lines as they arrive', async () => {
  const count = scaled(5, 100);
  const { pid, probe, senders, before } = await connectSenders(count);
  const tenMegabytes = Buffer.alloc(10_000_000, 'x');
  for (const sender of senders) sender.send(tenMegabytes);
  const replies = await Promise.all(senders.map((sender) => sender.request('\nMSGGET\n', 3)));
  const expected = '413 LINE TOO LONG\n200 OK\nAn apple a day keeps the doctor away.';
  expect(new Set(replies.map((lines) => lines.join('\n')))).toEqual(new Set([expected]));
  const peak = peakKb(pid);
  record(
    'endless lines',
    `${count} connections, a line of 10 MB each: each got 413 once, and replies afterward; server ` +
      `RSS ${mebibytes(before)} before, ${mebibytes(peak)} at most; ` +
      `a latency probe: ${await probe.report()}`,
  );
  expect(peak - before).toBeLessThan(40_000 + count * 300);
});

/** Opens connections to a new server, and measures its memory before they send anything. */
async function connectSenders(count: number) {
  const { program, port } = await startSilentServer();
  const pid = pidOf(program);
  const probe = await LatencyProbe.start(port, 'An apple a day keeps the doctor away.');
  const senders = await RawClient.connectMany(count, port);
  const before = rssKb(pid);
  resetPeak(pid);
  return { pid, probe, senders, before };
}
