// The page with a service that is no message server (pageConversation.ts).

import { describe, expect, test } from 'vitest';
import { LineMode } from '../../client/dialogue/lineMode.ts';
import { ReadOnlyMode } from '../../client/dialogue/readOnlyMode.ts';
import { FakePage } from './pageConversation.harness.ts';

const UP = '\x1b[A';
const CTRL_D = '\x04';

describe('in line mode', () => {
  const lineMode = { createConversation: () => new LineMode('redis') };

  test('sends a line unchanged, and prints replies above the next', () => {
    const page = new FakePage(lineMode).open().type(' GET x \r');
    expect(page.sent).toEqual([' GET x \n']);
    page.type('SE').receive('$-1\r\n');
    expect(page.printed).toEqual(['redis>  GET x ', '$-1']);
    expect(page.line).toBe('redis> SE|');
  });

  test('discards a password when another prompt replaces its own', () => {
    const page = new FakePage(lineMode).open().receive('Password: ').type('hunt');
    page.receive('\r\nLogin timed out\r\nlogin: ').type('er2\r');
    expect(page.sent).toEqual([]);
    expect(page.type(UP).line).toBe('login: |');
  });

  test('treats the commands of the message server as text, even while disconnected', () => {
    const page = new FakePage(lineMode).open().lose().type('SHUT', '\t', 'DOWN\r');
    expect(page.line).toBe('SHUTDOWN|');
  });

  test('sends the lines of a paste after SHUTDOWN, too', () => {
    const page = new FakePage(lineMode).open().type('SHUTDOWN\rNOSAVE\rPING');
    expect(page.sent).toEqual(['SHUTDOWN\n', 'NOSAVE\n']);
    expect(page.line).toBe('redis> PING|');
  });

  test('closes the connection at Ctrl-D on an empty line', () => {
    const page = new FakePage(lineMode).open().type(CTRL_D);
    expect(page.socket.isClosed).toBe(true);
    expect(page.printed).toEqual(['[this page closed the connection]', '[press Enter to connect]']);
  });
});

describe('in line mode, while the service hides what is typed', () => {
  const HIDE = '{"localEcho":false}';
  const SHOW = '{"localEcho":true}';

  function hiding(): FakePage {
    const page = new FakePage({ createConversation: () => new LineMode('mud') }).open();
    page.conversation.notified(HIDE);
    return page;
  }

  test('masks it, whatever the settings say, sends it, and keeps it in no history', () => {
    const page = hiding().type('hunter2');
    expect(page.line).toBe('mud> •••••••|');
    page.type('\r');
    expect(page.sent).toEqual(['hunter2\n']);
    expect(page.printed).toEqual(['mud> •••••••']);
    page.conversation.notified(SHOW);
    expect(page.type(UP).line).toBe('mud> |');
    expect(page.type('look').line).toBe('mud> look|');
  });

  test('announces that nothing shows, and that it shows again', () => {
    const page = hiding();
    page.receive('Password: ');
    page.conversation.notified(SHOW);
    expect(page.announced).toEqual([
      'mud> ',
      'mud>  (not shown)',
      'Password:  (not shown)',
      'Password: ',
    ]);
  });

  test('discards what was typed of it when the connection is lost, or the service shows it', () => {
    const page = hiding().type('hunt');
    page.conversation.notified(SHOW);
    page.type('er2\r');
    expect(page.line).toBe('mud> |');
    page.conversation.notified(HIDE);
    page.type('hunt').lose().type('er2\r');
    expect(page.sent).toEqual([]);
    expect(page.line).toBe('|');
  });
});

describe('with a service that is only read', () => {
  const reader = { createConversation: () => new ReadOnlyMode('read only', false) };

  test('shows its lines, and no prompt', () => {
    const page = new FakePage(reader).open().receive('one\ntwo\nthr');
    expect(page.printed).toEqual(['[read only]', 'one', 'two']);
    expect(page.line).toBe(undefined);
    expect(page.sent).toEqual([]);
  });

  test('connects again at Enter, and prints nothing for attempts that fail at once', () => {
    const page = new FakePage(reader).open().receive('one\n').lose().type('\r');
    expect(page.socket.connects).toBe(1);
    const before = page.printed.length;
    page.open().lose('refused', false);
    expect(page.printed.slice(before)).toEqual(['[read only]']);
    page.open().receive('two\n').lose('gone', false);
    expect(page.printed).toContain('[gone]');
  });
});
