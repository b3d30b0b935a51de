// The login cookie. Safari on iOS and macOS does not send the password in a WebSocket handshake
// (WebKit bug 80362), although it has just sent it for the page. The response with the page
// therefore sets a cookie with a login token (access/loginTokens.ts), which a handshake without a
// password may carry instead.
//
// SameSite=Strict keeps the cookie out of all requests that pages of other sites make, and HttpOnly
// out of scripts. A token is valid only for the host and base path it was issued for: all ports of
// a host share their cookies (RFC 6265, section 8.5), and so do the applications behind one proxy.

import { parseCookie, type SetCookie, stringifySetCookie } from 'cookie';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { TOKEN_LIFETIME_MS } from '../../access/loginTokens.ts';
import { publicOriginFor } from './originPolicy.ts';
import { withAndWithoutSlash } from './trailingSlash.ts';

/** Issues and checks tokens, as `LoginTokens` does. With workers, the primary does it for all. */
export interface Logins {
  issue(user: string, scope: string): string | Promise<string>;
  userOf(token: string, scope: string): string | undefined | Promise<string | undefined>;
  revoke(token: string, scope: string): void | Promise<void>;
}

export interface LoginCookieOptions {
  logins: Logins;
  /** The prefix of all paths: empty, or `/PATH`. */
  basePath: string;
  publicOrigins: readonly string[];
}

/** The name of the logged-in user, for the page's script, which displays it. */
const USER_COOKIE = 'motd-user';

export class LoginCookie {
  readonly #logins: Logins;
  readonly #basePath: string;
  readonly #publicOrigins: ReadonlySet<string | undefined>;

  constructor({ logins, basePath, publicOrigins }: LoginCookieOptions) {
    this.#logins = logins;
    this.#basePath = basePath;
    this.#publicOrigins = new Set(publicOrigins.map(publicOriginFor));
  }

  /** Sets the cookie for a user whose password was right. */
  async setFor(user: string, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const token = await this.#logins.issue(user, this.#scopeOf(request));
    this.#setCookies(request, reply, { token, user, maxAge: TOKEN_LIFETIME_MS / 1000 });
  }

  /** @returns The user whose cookie a request carries; `undefined` without a valid one. */
  async userOf(request: FastifyRequest): Promise<string | undefined> {
    const token = tokenOf(request);
    return token === undefined ? undefined : this.#logins.userOf(token, this.#scopeOf(request));
  }

  /** Revokes the cookie of a request, and deletes it in the browser. */
  async revoke(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const token = tokenOf(request);
    if (token !== undefined) await this.#logins.revoke(token, this.#scopeOf(request));
    this.#setCookies(request, reply, { token: '', user: '', maxAge: 0 });
  }

  #setCookies(
    request: FastifyRequest,
    reply: FastifyReply,
    { token, user, maxAge }: { token: string; user: string; maxAge: number },
  ): void {
    const common = {
      path: `${this.#basePath}/`,
      sameSite: 'strict',
      secure: this.#isSecure(request),
      maxAge,
    } satisfies Partial<SetCookie>;
    reply.header('set-cookie', [
      stringifySetCookie({ ...common, name: nameFor(request), value: token, httpOnly: true }),
      stringifySetCookie({ ...common, name: USER_COOKIE, value: user }),
    ]);
  }

  /** TLS may be terminated by a proxy that does not report it, and may add the port to `Host`. */
  #isSecure({ protocol, headers: { host } }: FastifyRequest): boolean {
    const origin = publicOriginFor(`https://${host}`);
    return protocol === 'https' || (origin !== undefined && this.#publicOrigins.has(origin));
  }

  #scopeOf({ headers: { host = '' } }: FastifyRequest): string {
    return `${host.toLowerCase()} ${this.#basePath}`;
  }
}

/**
 * Serves `/logout`. Only a 401 makes a browser forget a password (RFC 7617 has no logout). The
 * browser may ask for another one, and displays the text below if the user cancels that.
 */
export function serveLogout(
  app: FastifyInstance,
  { basePath, cookie, challenge }: { basePath: string; cookie: LoginCookie; challenge: string },
): void {
  const config = { rules: { needsNoPassword: true } } as const;
  const handler = async (request: FastifyRequest, reply: FastifyReply) => {
    if (isCrossOrigin(request)) {
      return reply
        .code(403)
        .send('Rejected: the logout was requested by a page of another origin.\n');
    }
    await cookie.revoke(request, reply);
    return reply
      .code(401)
      .header('www-authenticate', challenge)
      .send('You are logged out. Open the page again to log in.\n');
  };
  for (const url of withAndWithoutSlash(`${basePath}/logout`)) app.get(url, { config }, handler);
}

/** Fetch Metadata (W3C), section 2.3. A request without the header does not come from a page. */
function isCrossOrigin({ headers }: FastifyRequest): boolean {
  return ['cross-site', 'same-site'].includes(String(headers['sec-fetch-site']));
}

function tokenOf(request: FastifyRequest): string | undefined {
  return parseCookie(request.headers.cookie ?? '')[nameFor(request)];
}

/** Bridges on other ports of the same host need cookies with other names. */
function nameFor({ headers: { host = '' } }: FastifyRequest): string {
  const port = /:(\d+)$/.exec(host)?.[1];
  return port === undefined ? 'motd-login' : `motd-login-${port}`;
}
