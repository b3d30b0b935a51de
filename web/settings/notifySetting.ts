// Turns the notifications on and off: the browser has to allow them, too.

import type { UserSettings } from './userSettings.ts';

/** The permission at this moment: the user can change it in the browser's settings. */
export function notificationPermission(): NotificationPermission | 'missing' {
  return 'Notification' in window ? Notification.permission : 'missing';
}

/** @returns Whether new messages are notified. */
export function isNotifying(settings: UserSettings): boolean {
  return notificationPermission() === 'granted' && settings.get('notify');
}

/**
 * Stores the choice, once the user has answered the browser's question.
 *
 * @param askPermission Has the browser ask the user for permission, and resolves with the answer.
 */
export async function setNotifying(
  settings: UserSettings,
  isWanted: boolean,
  askPermission: () => Promise<unknown>,
): Promise<void> {
  if (isWanted && notificationPermission() === 'default') await askPermission();
  settings.set('notify', isWanted && notificationPermission() === 'granted');
}

/** Why new messages cannot be notified; empty if they can. */
export function notifyProblem(): string {
  const permission = notificationPermission();
  if (permission === 'missing') return 'This browser does not support notifications.';
  if (permission !== 'denied') return '';
  if (!isSecureContext) return 'Notifications need HTTPS, or a page from this machine.';
  return 'Notifications are blocked; you can allow them in the browser’s site settings.';
}
