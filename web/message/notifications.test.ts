import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { Notifications } from './notifications.ts';

type PermissionState = 'default' | 'denied' | 'granted';

/** Replaces the browser's globals for notifications, and for a page that is visible or not. */
class FakeDesktop {
  permission: PermissionState = 'granted';
  /** The user's answer to a request for permission. */
  answer: PermissionState = 'granted';
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
    class FakeNotification extends EventTarget {
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
    vi.stubGlobal('Notification', FakeNotification);
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

let desktop: FakeDesktop;

beforeEach(() => {
  desktop = new FakeDesktop();
});

describe('a changed message', () => {
  test('shows a notification, and a click on it focuses the page', () => {
    new Notifications('Message of the day', () => true).show('news');
    expect(desktop.shown).toMatchObject([
      { title: 'Message of the day', body: 'news', tag: 'motd' },
    ]);
    desktop.shown[0]?.click();
    expect(desktop.focus).toHaveBeenCalledOnce();
  });

  test('shows a notification if the page is visible, but another window has the focus', () => {
    desktop.visibilityState = 'visible';
    new Notifications('Message of the day', () => true).show('news');
    expect(desktop.shown).toHaveLength(1);
  });

  test('shows no notification if the page has the focus', () => {
    desktop.visibilityState = 'visible';
    desktop.hasFocus = true;
    new Notifications('Message of the day', () => true).show('news');
    expect(desktop.shown).toEqual([]);
  });

  test('shows a notification only while they are turned on', () => {
    let isEnabled = false;
    const notifications = new Notifications('Message of the day', () => isEnabled);
    notifications.show('one');
    isEnabled = true;
    notifications.show('two');
    expect(desktop.shown.map(({ body }) => body)).toEqual(['two']);
  });

  test.each<PermissionState>(['default', 'denied'])(
    'shows no notification and no request if the permission is %j',
    (permission) => {
      desktop.permission = permission;
      new Notifications('Message of the day', () => true).show('news');
      expect(desktop.shown).toEqual([]);
      expect(desktop.ask).not.toHaveBeenCalled();
    },
  );
});

describe('requestPermission', () => {
  test.each<[answer: PermissionState, isGranted: boolean]>([
    ['granted', true],
    ['denied', false],
    ['default', false],
  ])('resolves with the answer %j', async (answer, isGranted) => {
    desktop.permission = 'default';
    desktop.answer = answer;
    const notifications = new Notifications('Message of the day', () => true);
    expect(await notifications.requestPermission()).toBe(isGranted);
    expect(desktop.shown).toEqual([]);
    expect(notifications.isAvailable).toBe(answer !== 'denied');
  });

  test('does not ask again if permission was denied', async () => {
    desktop.permission = 'denied';
    expect(await new Notifications('Message of the day', () => true).requestPermission()).toBe(
      false,
    );
    expect(desktop.ask).not.toHaveBeenCalled();
  });

  test('does not ask if the browser supports them from service workers only', async () => {
    desktop.permission = 'default';
    desktop.doesThrow = true;
    const notifications = new Notifications('Message of the day', () => true);
    expect(await notifications.requestPermission()).toBe(false);
    expect(desktop.ask).not.toHaveBeenCalled();
    expect(notifications.isAvailable).toBe(false);
  });

  test('finds out at the first notification that the browser supports service workers only', () => {
    desktop.doesThrow = true;
    const notifications = new Notifications('Message of the day', () => true);
    notifications.show('news');
    expect(notifications.isAvailable).toBe(false);
  });

  test('returns false if the browser does not support notifications', async () => {
    vi.unstubAllGlobals();
    vi.stubGlobal('document', { title: '' });
    const notifications = new Notifications('Message of the day', () => true);
    expect(notifications.isAvailable).toBe(false);
    expect(await notifications.requestPermission()).toBe(false);
    notifications.show('news');
  });
});
