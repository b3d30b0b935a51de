import { expect, onTestFinished, test, vi } from 'vitest';
import type { Snapshot } from '../content/snapshot.pure.ts';
import { Follower } from './follower.ts';
import { type Answer, ScriptedServer } from './scriptedServer.harness.ts';

const STORED_AT = '2026-11-27T17:00:00Z';
const STORED_AT_MS = Date.parse(STORED_AT);

/** A server with these messages; the last is in force. */
function serverWith(messages: string[]): Answer {
  const lines = () => messages.map((text, index) => `${index + 1} ${STORED_AT} / - ${text}\n`);
  return (command) => {
    switch (command) {
      case 'MSGWATCH':
        return `200 OK\n${messages.at(-1)}\n`;
      case 'MSGINFO':
        return `200 OK\n${lines().at(-1)}`;
      case 'MSGLIST':
        return `200 OK\n${lines().join('')}.\n`;
      default:
        return '400 UNKNOWN COMMAND\n';
    }
  };
}

/** A server from before MSGINFO. */
function olderServerWith(messages: string[]): Answer {
  return (command) => {
    switch (command) {
      case 'MSGWATCH':
        return `200 OK\n${messages.at(-1)}\n`;
      case 'MSGHIST':
        return `200 OK\n${messages.map((text) => `${STORED_AT} ${text}\n`).join('')}.\n`;
      default:
        return '400 UNKNOWN COMMAND\n';
    }
  };
}

async function follow(answer: Answer) {
  const server = await ScriptedServer.start(answer);
  const snapshots: Snapshot[] = [];
  const errors: unknown[] = [];
  let losses = 0;
  let readings = 0;
  const follower = new Follower({
    open: server.open,
    onSnapshot: (snapshot) => snapshots.push(snapshot),
    onLost: () => losses++,
    onRead: () => readings++,
    onFailure: (error) => errors.push(error),
  });
  onTestFinished(() => follower.stop());
  void follower.run();
  const untilMessage = (message: string) =>
    vi.waitFor(() => expect(snapshots.at(-1)?.current.message).toBe(message));
  return {
    server,
    follower,
    snapshots,
    errors,
    losses: () => losses,
    readings: () => readings,
    untilMessage,
  };
}

test('publishes the message in force, and the entries of the store', async () => {
  const { snapshots, untilMessage } = await follow(serverWith(['one', 'two']));
  await untilMessage('two');
  const [one, two] = ['one', 'two'].map((message, index) => ({
    number: index + 1,
    storedAtMs: STORED_AT_MS,
    message,
  }));
  expect(snapshots).toEqual([{ current: two, entries: [one, two] }]);
});

test('asks once after each change, on one watch', async () => {
  const messages = ['one'];
  const { server, untilMessage } = await follow(serverWith(messages));
  await untilMessage('one');
  messages.push('two');
  server.announce('two');
  await untilMessage('two');
  expect(server.commands).toEqual([
    ...['MSGWATCH', 'MSGINFO', 'MSGLIST'],
    ...['MSGINFO', 'MSGLIST'],
  ]);
});

test('asks at most once at a time, and once more after changes in between', async () => {
  const messages = ['one'];
  const answer = serverWith(messages);
  let answerInfo = () => {};
  const { server, snapshots, untilMessage } = await follow((command, socket) => {
    if (command !== 'MSGINFO') return answer(command, socket);
    answerInfo = () => socket.write(answer(command, socket) ?? '');
    return undefined;
  });
  await vi.waitFor(() => expect(server.countOf('MSGINFO')).toBe(1));
  for (const message of ['two', 'three', 'four']) {
    messages.push(message);
    server.announce(message);
  }
  answerInfo();
  await vi.waitFor(() => expect(server.countOf('MSGINFO')).toBe(2));
  answerInfo();
  await untilMessage('four');
  expect(server.countOf('MSGINFO')).toBe(2);
  expect(snapshots.at(-1)?.current.number).toBe(4);
});

test('does not publish an older message of another server that is behind', async () => {
  const messages = ['one'];
  let isBehind = false;
  const answer = serverWith(messages);
  const behind = serverWith(['one']);
  const { server, snapshots, untilMessage } = await follow((command, socket) => {
    if (isBehind && command === 'MSGINFO') {
      isBehind = false;
      return behind(command, socket);
    }
    return answer(command, socket);
  });
  await untilMessage('one');
  messages.push('two');
  isBehind = true;
  server.announce('two');
  await untilMessage('two');
  expect(snapshots.map(({ current }) => current.number)).toEqual([1, 2]);
});

test('publishes each message alone if the server does not send its details', async () => {
  const answer = serverWith(['one']);
  const { server, snapshots, errors, readings, untilMessage } = await follow((command, socket) =>
    command === 'MSGINFO' ? '421 TOO MANY CONNECTIONS\n' : answer(command, socket),
  );
  await untilMessage('one');
  expect(snapshots[0]).toEqual({ current: { message: 'one' }, entries: [] });
  expect(String(errors[0])).toContain('421 TOO MANY CONNECTIONS');
  for (const message of ['two', 'three']) {
    server.announce(message);
    await untilMessage(message);
  }
  expect(readings()).toBe(0);
});

test('publishes the same message after a loss, also without its details', async () => {
  let isBusy = false;
  const answer = serverWith(['one']);
  const { server, snapshots, untilMessage } = await follow((command, socket) =>
    isBusy && command === 'MSGINFO' ? '421 TOO MANY CONNECTIONS\n' : answer(command, socket),
  );
  await untilMessage('one');
  isBusy = true;
  server.disconnect();
  await vi.waitFor(() => expect(snapshots).toHaveLength(2), 5000);
  expect(snapshots[1]).toEqual(snapshots[0]);
});

test('takes the history of a server that does not know MSGINFO', async () => {
  const messages = ['one', 'one', 'two'];
  const { snapshots, untilMessage } = await follow(olderServerWith(messages));
  await untilMessage('two');
  const entries = messages.map((message) => ({ storedAtMs: STORED_AT_MS, message }));
  expect(snapshots).toEqual([{ current: entries[2], entries }]);
});

test('publishes no time for a message that is not in the history', async () => {
  const { snapshots, untilMessage } = await follow((command, socket) =>
    command === 'MSGWATCH' ? '200 OK\napple\n' : olderServerWith(['one'])(command, socket),
  );
  await untilMessage('apple');
  expect(snapshots[0]?.current).toEqual({ message: 'apple' });
});

test('reconnects, and reports no loss if the server answers again', async () => {
  const messages = ['one'];
  const { server, errors, losses, readings, untilMessage } = await follow(serverWith(messages));
  await untilMessage('one');
  messages.push('two');
  server.disconnect();
  await untilMessage('two');
  expect(errors).toEqual([]);
  expect(losses()).toBe(0);
  expect(readings()).toBe(2);
  expect(server.watchers).toBe(1);
});

test('reports a server that does not answer again', async () => {
  let isDown = false;
  const answer = serverWith(['one']);
  const { server, losses, untilMessage } = await follow((command, socket) =>
    isDown ? void socket.destroy() : answer(command, socket),
  );
  await untilMessage('one');
  isDown = true;
  server.disconnect();
  await vi.waitFor(() => expect(losses()).toBeGreaterThan(0), 5000);
});

test('reports a server that rejects the watch', async () => {
  const { errors, losses } = await follow(() => '421 TOO MANY CONNECTIONS\n');
  await vi.waitFor(() => expect(losses()).toBeGreaterThan(0));
  expect(String(errors[0])).toContain('421 TOO MANY CONNECTIONS');
});

test('closes its connections when it stops, and opens no other', async () => {
  const { server, follower, losses, untilMessage } = await follow(serverWith(['one']));
  await untilMessage('one');
  follower.stop();
  await vi.waitFor(() => expect(server.watchers).toBe(0));
  expect(losses()).toBe(0);
});
