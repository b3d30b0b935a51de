// The login cookie: Safari, on iOS and macOS, leaves the password out of a WebSocket's handshake
// (WebKit bug 80362), though it has just given it for the page. So the page comes with a cookie that
// says who gave it, and a handshake without a password may show that instead.
//
// SameSite=Strict keeps it out of every request that a page of another site makes, and HttpOnly out
// of scripts. It is valid for the host and base path it was given for: ports share their cookies
// (RFC 6265, section 8.5), and so do the applications behind one proxy.

import { parseCookie, type SetCookie, stringifySetCookie } from 'cookie';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { TOKEN_LIFETIME_MS } from '../../access/loginTokens.ts';
import { addressForms } from './addressForms.ts';
import { publicOriginFor } from './originPolicy.ts';

/** Issues and checks tokens as `LoginTokens` does; in a cluster, the primary does it for all. */
export interface Logins {
  issue(user: string, scope: string): string | Promise<string>;
  userOf(token: string, scope: string): string | undefined | Promise<string | undefined>;
  revoke(token: string, scope: string): void | Promise<void>;
}

export interface LoginCookieOptions {
  logins: Logins;
  /** The path everything is under: empty, or `/PATH`. */
  basePath: string;
  publicOrigins: readonly string[];
}

/** For the page's script, which shows it: who is logged in. */
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

  /** Has an answer set the cookie for a user whose password was right. */
  async give(user: string, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const token = await this.#logins.issue(user, this.#scopeOf(request));
    this.#set(request, reply, { token, user, maxAge: TOKEN_LIFETIME_MS / 1000 });
  }

  /** @returns The user whose cookie a request shows; `undefined` if it shows none that is valid. */
  async userOf(request: FastifyRequest): Promise<string | undefined> {
    const token = tokenOf(request);
    return token === undefined ? undefined : this.#logins.userOf(token, this.#scopeOf(request));
  }

  /** Makes the cookie of a request invalid, and has the answer take it back. */
  async takeBack(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const token = tokenOf(request);
    if (token !== undefined) await this.#logins.revoke(token, this.#scopeOf(request));
    this.#set(request, reply, { token: '', user: '', maxAge: 0 });
  }

  #set(
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

  /** TLS may end at a proxy that does not say so; it may write `Host` with the port. */
  #isSecure({ protocol, headers: { host } }: FastifyRequest): boolean {
    const origin = publicOriginFor(`https://${host}`);
    return protocol === 'https' || (origin !== undefined && this.#publicOrigins.has(origin));
  }

  #scopeOf({ headers: { host = '' } }: FastifyRequest): string {
    return `${host.toLowerCase()} ${this.#basePath}`;
  }
}

/**
 * Serves `/logout`. Only a 401 makes a browser forget a password (RFC 7617 knows no other way): it
 * may ask for another one, and shows the words below when the person cancels that.
 */
export function serveLogout(
  app: FastifyInstance,
  { basePath, cookie, challenge }: { basePath: string; cookie: LoginCookie; challenge: string },
): void {
  const config = { rules: { needsNoPassword: true } } as const;
  const handler = async (request: FastifyRequest, reply: FastifyReply) => {
    if (isFromElsewhere(request)) {
      return reply.code(403).send('Refused: a page of another site asked to log you out.\n');
    }
    await cookie.takeBack(request, reply);
    return reply
      .code(401)
      .header('www-authenticate', challenge)
      .send('You are logged out. Open the page again to log in.\n');
  };
  for (const url of addressForms(`${basePath}/logout`)) app.get(url, { config }, handler);
}

/** Fetch Metadata (W3C), section 2.3: what browsers do not send, a program asked for by itself. */
function isFromElsewhere({ headers }: FastifyRequest): boolean {
  return ['cross-site', 'same-site'].includes(String(headers['sec-fetch-site']));
}

function tokenOf(request: FastifyRequest): string | undefined {
  return parseCookie(request.headers.cookie ?? '')[nameFor(request)];
}

/** Bridges on other ports of the host have cookies of their own. */
function nameFor({ headers: { host = '' } }: FastifyRequest): string {
  const port = /:(\d+)$/.exec(host)?.[1];
  return port === undefined ? 'motd-login' : `motd-login-${port}`;
}
