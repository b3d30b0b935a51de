import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { Notifications } from './notifications.ts';

type Permission = 'default' | 'denied' | 'granted';

/** What a browser has and Node has not: notifications, and a page that may be looked at or not. */
class Desktop {
  permission: Permission = 'granted';
  /** What the person says when asked. */
  answer: Permission = 'granted';
  visibilityState = 'hidden';
  hasFocus = false;
  doesThrow = false;
  readonly shown: { title: string; body: string; tag: string; click(): void }[] = [];
  readonly focus = vi.fn();
  readonly ask = vi.fn(async () => {
    this.permission = this.answer;
    return this.answer;
  });

  constructor() {
    const desktop = this;
    class StandIn extends EventTarget {
      readonly close = vi.fn();
      constructor(title: string, { body, tag }: { body: string; tag: string }) {
        super();
        if (desktop.doesThrow) throw new TypeError('Illegal constructor');
        if (desktop.permission !== 'granted') return;
        desktop.shown.push({
          title,
          body,
          tag,
          click: () => this.dispatchEvent(new Event('click')),
        });
      }
      static get permission() {
        return desktop.permission;
      }
      static requestPermission() {
        return desktop.ask();
      }
    }
    vi.stubGlobal('Notification', StandIn);
    vi.stubGlobal('window', { focus: this.focus });
    vi.stubGlobal('document', {
      title: 'Message of the day',
      hasFocus: () => this.hasFocus,
      get visibilityState() {
        return desktop.visibilityState;
      },
    });
    onTestFinished(() => {
      vi.unstubAllGlobals();
    });
  }
}

let desktop: Desktop;

beforeEach(() => {
  desktop = new Desktop();
});

describe('a change', () => {
  test('is told, and a click brings the page back', () => {
    new Notifications(() => true).tell('news');
    expect(desktop.shown).toMatchObject([
      { title: 'Message of the day', body: 'news', tag: 'motd' },
    ]);
    desktop.shown[0]?.click();
    expect(desktop.focus).toHaveBeenCalledOnce();
  });

  test('is told where the page is in sight, and another window is in use', () => {
    desktop.visibilityState = 'visible';
    new Notifications(() => true).tell('news');
    expect(desktop.shown).toHaveLength(1);
  });

  test('is not told to somebody who looks at the page', () => {
    desktop.visibilityState = 'visible';
    desktop.hasFocus = true;
    new Notifications(() => true).tell('news');
    expect(desktop.shown).toEqual([]);
  });

  test('is told only while it is wanted', () => {
    let isWanted = false;
    const notifications = new Notifications(() => isWanted);
    notifications.tell('one');
    isWanted = true;
    notifications.tell('two');
    expect(desktop.shown.map(({ body }) => body)).toEqual(['two']);
  });

  test.each<Permission>(['default', 'denied'])(
    'is not told, nor asked for, at %j',
    (permission) => {
      desktop.permission = permission;
      new Notifications(() => true).tell('news');
      expect(desktop.shown).toEqual([]);
      expect(desktop.ask).not.toHaveBeenCalled();
    },
  );
});

describe('asked for permission', () => {
  test.each<[answer: Permission, willBe: boolean]>([
    ['granted', true],
    ['denied', false],
    ['default', false],
  ])('the person’s answer %j counts', async (answer, willBe) => {
    desktop.permission = 'default';
    desktop.answer = answer;
    const notifications = new Notifications(() => true);
    expect(await notifications.ask()).toBe(willBe);
    expect(desktop.shown).toEqual([]);
    expect(notifications.isAvailable).toBe(answer !== 'denied');
  });

  test('a browser that has been told no is not asked again', async () => {
    desktop.permission = 'denied';
    expect(await new Notifications(() => true).ask()).toBe(false);
    expect(desktop.ask).not.toHaveBeenCalled();
  });

  test('one that takes them from service workers only has none, and the person is not asked', async () => {
    desktop.permission = 'default';
    desktop.doesThrow = true;
    const notifications = new Notifications(() => true);
    expect(await notifications.ask()).toBe(false);
    expect(desktop.ask).not.toHaveBeenCalled();
    expect(notifications.isAvailable).toBe(false);
  });

  test('or it turns out when the first one is to be shown', () => {
    desktop.doesThrow = true;
    const notifications = new Notifications(() => true);
    notifications.tell('news');
    expect(notifications.isAvailable).toBe(false);
  });

  test('a browser without them has none', async () => {
    vi.unstubAllGlobals();
    vi.stubGlobal('document', { title: '' });
    const notifications = new Notifications(() => true);
    expect(notifications.isAvailable).toBe(false);
    expect(await notifications.ask()).toBe(false);
    notifications.tell('news');
  });
});
