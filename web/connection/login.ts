// Who is logged in, where the bridge asks for a password: its cookie says so (bridge/http/loginCookie.ts).

const USER_COOKIE = /(?:^|;\s*)motd-user=([^;]+)/;

/**
 * Reads the name of the user who is logged in.
 *
 * @param cookies As `document.cookie` has them.
 * @returns The name; `undefined` if the bridge asked for none.
 */
export function loggedInUser(cookies: string): string | undefined {
  const value = USER_COOKIE.exec(cookies)?.[1];
  try {
    return value === undefined ? undefined : decodeURIComponent(value);
  } catch {
    // Another application of this host has written it.
    return undefined;
  }
}
