// Over a channel as Node's is: messages become text and come later.

import { expect, test } from 'vitest';
import { type Channel, IpcPeer } from './ipc.ts';

type Greeter = {
  greet(name: string): Promise<string>;
  nothing(): undefined;
  fail(): never;
};

class Wire implements Channel {
  other: Wire | undefined;
  isBroken = false;
  readonly listeners: ((message: unknown) => void)[] = [];

  send(message: object, callback: (error: Error | null) => void): boolean {
    const text = JSON.stringify(message);
    queueMicrotask(() => {
      if (this.isBroken) callback(new Error('broken'));
      else for (const listen of this.other?.listeners ?? []) listen(JSON.parse(text));
    });
    return true;
  }

  on(_event: 'message', listener: (message: unknown) => void): void {
    this.listeners.push(listener);
  }
}

function pair() {
  const [near, far] = [new Wire(), new Wire()];
  near.other = far;
  far.other = near;
  const heard: string[] = [];
  new IpcPeer(far, {
    greet: async (name: string) => {
      heard.push(name);
      return `hello ${name}`;
    },
    nothing: () => undefined,
    fail: () => {
      throw new Error('not today');
    },
  });
  return { near, far, heard, greeter: new IpcPeer<Greeter>(near, {}) };
}

test('each call has its own answer', async () => {
  const { greeter } = pair();
  const answers = ['anna', 'bert'].map((name) => greeter.call('greet', name));
  expect(await Promise.all(answers)).toEqual(['hello anna', 'hello bert']);
  expect(await greeter.call('nothing')).toBeUndefined();
});

test('what is told is done, and nobody waits', async () => {
  const { greeter, heard } = pair();
  greeter.notify('greet', 'anna');
  await greeter.call('nothing');
  expect(heard).toEqual(['anna']);
});

test('an error there is one here', async () => {
  await expect(pair().greeter.call('fail')).rejects.toThrow('not today');
});

test('other messages on the channel are for others', async () => {
  const { far, greeter } = pair();
  far.send({ ready: { host: '127.0.0.1', port: 1 } }, () => {});
  expect(await greeter.call('greet', 'anna')).toBe('hello anna');
});

test('who is gone answers nobody', async () => {
  const { near, far, greeter } = pair();
  far.isBroken = true;
  const waiting = greeter.call('greet', 'anna');
  greeter.close();
  await expect(waiting).rejects.toThrow('has ended');
  await expect(greeter.call('greet', 'anna')).rejects.toThrow('has ended');

  near.isBroken = true;
  await expect(new IpcPeer<Greeter>(near, {}).call('greet', 'anna')).rejects.toThrow('broken');
});
