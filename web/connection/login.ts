// Reads the name of the logged-in user. A bridge that requires a password names the user in a
// separate cookie (bridge/http/loginCookie.ts).

const USER_COOKIE = /(?:^|;\s*)motd-user=([^;]+)/;

/**
 * @param cookies The value of `document.cookie`.
 * @returns The name of the user, or `undefined` if the bridge requires no login.
 */
export function loggedInUser(cookies: string): string | undefined {
  const value = USER_COOKIE.exec(cookies)?.[1];
  try {
    return value === undefined ? undefined : decodeURIComponent(value);
  } catch {
    // Another application on this host set the cookie.
    return undefined;
  }
}
