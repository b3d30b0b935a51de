// Records into real files.

import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { startBridge, startTarget, TestPeer } from '../bridge.harness.ts';
import { RETRY_DELAY_MS } from './circuitBreaker.pure.ts';
import { Recorder, type RecordingCounters, type RecordingSettings } from './recorder.ts';

type Event = [seconds: number, code: string, data: string];

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'motd-recordings-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
});

/** Parses a file. Fails if a line is not whole. */
async function readCast(name: string): Promise<{ header: object; events: Event[] }> {
  const text = await readFile(join(folder, name), 'utf8');
  expect(text.endsWith('\n')).toBe(true);
  const [header, ...events] = text
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line));
  return { header, events };
}

function settings(maxBytes = 1_000_000): RecordingSettings {
  return { folder, maxBytes, onWrite: () => {} };
}

/** Resolves when everything is written, or dropped. */
async function idle(recorder: Recorder): Promise<void> {
  await vi.waitUntil(() => recorder.pendingBytes === 0, { timeout: 10_000, interval: 5 });
}

async function onlyCast() {
  const [name, ...others] = await readdir(folder);
  expect(others).toEqual([]);
  return { name: name ?? '', ...(await readCast(name ?? '')) };
}

function outputOf(events: readonly Event[]): string {
  return events.map(([, code, data]) => (code === 'o' ? data : '')).join('');
}

function markersOf(events: readonly Event[]): string[] {
  return events.filter(([, code]) => code === 'm').map(([, , label]) => label);
}

function startRecorder(maxBytes?: number) {
  const counters: RecordingCounters = {
    open: 0,
    writtenBytes: 0,
    dropped: { memory: 0, error: 0, limit: 0 },
  };
  const reports: (string | null)[] = [];
  const onWrite = (failure: string | null) => void reports.push(failure);
  const recorder = new Recorder({ ...settings(maxBytes), onWrite }, counters);
  return { recorder, counters, reports };
}

describe('a session through the bridge', () => {
  test('is recorded: what the target sent, and nothing that was typed', async () => {
    const target = await startTarget((socket) => {
      socket.write('Password: ');
      socket.once('data', () => socket.end('Wélcome\nbye\n'));
    });
    const bridge = await startBridge({ shell: target }, { record: settings() });
    const peer = new TestPeer(bridge);
    await peer.untilBytes(10);
    peer.webSocket.send('hunter2\n');
    await peer.closed();
    await bridge.app.close();

    const { name, header, events } = await onlyCast();
    expect(name).toMatch(/^\d{8}T\d{6}Z-shell-[0-9a-f]{16}\.cast$/);
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    expect(header).toMatchObject({ version: 2, width: 80, height: 24, title: 'shell' });
    expect(outputOf(events)).toBe('Password: Wélcome\r\nbye\r\n');
    expect(await readFile(join(folder, name), 'utf8')).not.toContain('hunter2');
    const times = events.map(([seconds]) => seconds);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  test('relays every byte, whether it is recorded or not', async () => {
    const sent = Buffer.alloc(
      3_000_000,
      Uint8Array.from({ length: 251 }, (_, at) => at),
    );
    const target = await startTarget((socket) => socket.end(sent));
    const bridge = await startBridge({ target }, { record: settings(100_000) });
    const peer = new TestPeer(bridge);
    await once(peer.webSocket, 'close');
    expect(peer.received.equals(sent)).toBe(true);
  });

  test('of a Telnet target has the text, without the commands of Telnet', async () => {
    const target = await startTarget((socket) =>
      socket.end(Buffer.from([0x61, 0xff, 0xfd, 0x18, 0x62])),
    );
    const bridge = await startBridge(
      { switch: target },
      { record: settings(), marks: { isTelnet: true } },
    );
    await new TestPeer(bridge).closed();
    await bridge.app.close();
    const { events } = await onlyCast();
    expect(outputOf(events)).toBe('ab');
  });

  test('of a target that sends nothing leaves no file', async () => {
    const target = await startTarget((socket) => socket.end());
    const bridge = await startBridge({ target }, { record: settings() });
    await new TestPeer(bridge).closed();
    await bridge.app.close();
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a recording', () => {
  test('ends with one marker at the size limit, and its file is no larger', async () => {
    const { recorder, counters } = startRecorder(2000);
    const recording = recorder.start('target');
    for (let count = 0; count < 100; count++) recording.output(Buffer.from('0123456789'.repeat(5)));
    await recorder.close();
    const { name, events } = await onlyCast();
    expect(markersOf(events)).toEqual(['the recording reached its maximum size']);
    expect(events.at(-1)?.[1]).toBe('m');
    const { size } = await stat(join(folder, name));
    expect(size).toBeLessThanOrEqual(2000);
    expect(counters.writtenBytes).toBe(size);
    expect(counters.dropped).toEqual({
      memory: 0,
      error: 0,
      limit: 5000 - outputOf(events).length,
    });
    expect(counters.open).toBe(0);
  });

  test('drops what exceeds its memory, and marks the gap', async () => {
    const { recorder, counters } = startRecorder(100_000_000);
    const recording = recorder.start('target');
    const chunk = Buffer.alloc(60_000, 'x');
    // No write can complete before the next turn of the event loop.
    for (let count = 0; count < 100; count++) recording.output(chunk);
    expect(recorder.pendingBytes).toBeLessThan(1024 * 1024 + 2 * chunk.length);
    await idle(recorder);
    recording.output(Buffer.from('after'));
    await recorder.close();
    const { events } = await onlyCast();
    const { memory } = counters.dropped;
    expect(memory).toBeGreaterThan(4_000_000);
    expect(markersOf(events)).toEqual([`${memory} bytes were not recorded`]);
    expect(outputOf(events)).toBe(`${'x'.repeat(6_000_000 - memory)}after`);
  });

  test('has a file of its own, and is counted, among others at the same time', async () => {
    const { recorder, counters } = startRecorder();
    for (let count = 0; count < 100; count++) recorder.start('target').output(Buffer.from('x'));
    await recorder.close();
    const names = await readdir(folder);
    expect(names).toHaveLength(100);
    const stats = await Promise.all(names.map((name) => stat(join(folder, name))));
    expect(counters.writtenBytes).toBe(stats.reduce((sum, { size }) => sum + size, 0));
  });
});

describe('a folder that vanishes', () => {
  test('is written to again when it is back; each write is reported, and the gap is marked', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const { recorder, counters, reports } = startRecorder();
    const away = `${folder}.away`;
    await rename(folder, away);
    const recordings = [recorder.start('one'), recorder.start('two')];
    for (const recording of recordings) recording.output(Buffer.from('lost'));
    await idle(recorder);
    expect(reports.length).toBeGreaterThan(0);
    for (const report of reports) expect(report).toMatch(/^ENOENT: no such file or directory/);
    reports.length = 0;
    expect(counters.dropped.error).toBe(8);

    await rename(away, folder);
    vi.advanceTimersByTime(RETRY_DELAY_MS);
    for (const recording of recordings) {
      recording.output(Buffer.from('kept'));
      await idle(recorder);
    }
    await recorder.close();
    expect(reports).toEqual([null, null]);
    for (const name of await readdir(folder)) {
      const { events } = await readCast(name);
      expect(events.map(([, code, data]) => [code, data])).toEqual([
        ['m', '4 bytes were not recorded'],
        ['o', 'kept'],
      ]);
    }
    expect(await readdir(folder)).toHaveLength(2);
  });
});
