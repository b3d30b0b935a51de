// With a channel like Node's: messages are serialized, and delivered later.

import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Channel, IpcPeer } from './ipc.ts';

type TestMethods = {
  greet(name: string): Promise<string>;
  nothing(): undefined;
  fail(): never;
};

class LoopbackChannel implements Channel {
  other: LoopbackChannel | undefined;
  isBroken = false;
  readonly listeners: ((message: unknown) => void)[] = [];

  send(message: object, callback: (error: Error | null) => void): boolean {
    const text = JSON.stringify(message);
    queueMicrotask(() => {
      if (this.isBroken) callback(new Error('broken'));
      else for (const listener of this.other?.listeners ?? []) listener(JSON.parse(text));
    });
    return true;
  }

  on(_event: 'message', listener: (message: unknown) => void): void {
    this.listeners.push(listener);
  }
}

function pair() {
  const [near, far] = [new LoopbackChannel(), new LoopbackChannel()];
  near.other = far;
  far.other = near;
  const greeted: string[] = [];
  new IpcPeer(far, {
    greet: async (name: string) => {
      greeted.push(name);
      return `hello ${name}`;
    },
    nothing: () => undefined,
    fail: () => {
      throw new Error('not today');
    },
  });
  return { near, far, greeted, greeter: new IpcPeer<TestMethods>(near, {}) };
}

test('returns the result of each call', async () => {
  const { greeter } = pair();
  const answers = ['anna', 'bert'].map((name) => greeter.call('greet', name));
  expect(await Promise.all(answers)).toEqual(['hello anna', 'hello bert']);
  expect(await greeter.call('nothing')).toBeUndefined();
});

test('runs a notification', async () => {
  const { greeter, greeted } = pair();
  greeter.notify('greet', 'anna');
  await greeter.call('nothing');
  expect(greeted).toEqual(['anna']);
});

test('throws the error of the method', async () => {
  await expect(pair().greeter.call('fail')).rejects.toThrow('not today');
});

test('runs a method after all that an earlier answer causes, also if both are read at once', async () => {
  const near = new LoopbackChannel();
  const ran: string[] = [];
  const peer = new IpcPeer<TestMethods>(near, { next: () => void ran.push('method') });
  const answered = (async () => {
    for (const step of [await peer.call('greet', 'anna'), 'and more']) {
      await null;
      ran.push(step);
    }
  })();
  const [listener] = near.listeners;
  listener?.({ replyTo: 1, value: 'answer' });
  listener?.({ method: 'next', args: [] });
  await answered;
  await setImmediate();
  expect(ran).toEqual(['answer', 'and more', 'method']);
});

test('processes what was received before the other process ended', async () => {
  const near = new LoopbackChannel();
  const peer = new IpcPeer<TestMethods>(near, {});
  const answer = peer.call('greet', 'anna');
  near.listeners[0]?.({ replyTo: 1, value: 'hello anna' });
  peer.close();
  expect(await answer).toBe('hello anna');
});

test('ignores other messages on the channel', async () => {
  const { far, greeter } = pair();
  far.send({ ready: { host: '127.0.0.1', port: 1 } }, () => {});
  expect(await greeter.call('greet', 'anna')).toBe('hello anna');
});

test('fails every call when the other process has ended', async () => {
  const { near, far, greeter } = pair();
  far.isBroken = true;
  const waiting = greeter.call('greet', 'anna');
  greeter.close();
  await expect(waiting).rejects.toThrow('has ended');
  await expect(greeter.call('greet', 'anna')).rejects.toThrow('has ended');

  near.isBroken = true;
  await expect(new IpcPeer<TestMethods>(near, {}).call('greet', 'anna')).rejects.toThrow('broken');
});
