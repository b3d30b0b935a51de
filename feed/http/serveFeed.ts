// The routes of the feed. The message can only be read: every other method gets 405.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Feed } from '../feed.ts';
import { acceptsJson } from './acceptsJson.ts';
import { type BoardOptions, BoardPage } from './boardPage.ts';
import { CrossOrigin } from './crossOrigin.ts';
import { STREAM_HEADERS } from './eventStreams.ts';
import type { MessageForms } from './messageForms.ts';
import { sendRepresentation } from './representation.ts';

const NOT_REACHED = 'The message is not known yet: the message server has not been reached.\n';
const READ_ONLY = 'Rejected: the message can only be read here.\n';

/** When to ask again before the server was reached, in seconds. */
const RETRY_AFTER_SECONDS = 5;

const ALLOW = 'GET, HEAD, OPTIONS';
const OTHER_METHODS = ['POST', 'PUT', 'PATCH', 'DELETE'];

/** What the feed uses of the bridge (bridge/http/addedRoutes.ts), which knows no feed. */
export interface FeedMount {
  /** The prefix of all paths: empty, or `/PATH`. */
  basePath: string;
  /** A hook that limits the number of responses without an end. */
  limitStreams: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
  /** The `config` of a route that requires no password. */
  needsNoPassword: object;
}

export interface ServeFeedOptions extends BoardOptions {
  /** The origins whose pages may read the feed. */
  feedOrigins: readonly string[];
  /** The origins under which clients reach the bridge, for example through a proxy. */
  publicOrigins: readonly string[];
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

/** Serves a feed as long as the app is open. */
export function serveFeed(
  app: FastifyInstance,
  mount: FeedMount,
  feed: Feed,
  options: ServeFeedOptions,
): void {
  const { basePath, limitStreams } = mount;
  const crossOrigin = new CrossOrigin(options.feedOrigins);
  crossOrigin.install(app);
  const routes = new FeedRoutes(app, mount, crossOrigin);
  const board = new BoardPage(options);
  const baseUrlOf = (request: FastifyRequest) =>
    `${originOf(request, options.publicOrigins)}${basePath}/`;

  for (const path of ['/message', '/message/']) {
    const chosen: SendForms = (forms, request, reply) => {
      const form = acceptsJson(request.headers.accept) ? forms.json : forms.plain;
      return sendRepresentation(form, request, reply);
    };
    routes.add(path, { handler: onceReached(feed, chosen), vary: 'Accept' });
  }
  routes.add('/message/history.json', {
    handler: onceReached(feed, (forms, request, reply) =>
      sendRepresentation(forms.historyJson, request, reply),
    ),
  });
  routes.add('/messages.atom', {
    handler: onceReached(feed, (forms, request, reply) =>
      sendRepresentation(forms.atom(baseUrlOf(request)), request, reply),
    ),
  });
  routes.add('/message/events', {
    handler: (request, reply) => sendEvents(feed, request, reply),
    preHandler: limitStreams,
  });
  app.get(`${basePath}/board`, (request, reply) => board.send(request, reply));
  // The addresses in the page are relative, and need the path without the slash.
  app.get(`${basePath}/board/`, (_request, reply) => reply.redirect('../board', 308));

  app.addHook('preClose', async () => feed.stop());
}

interface ReadRoute {
  handler: Handler;
  /** Called before the handler, for GET only. */
  preHandler?: FeedMount['limitStreams'];
  /** The request headers on which the response depends. */
  vary?: string;
}

class FeedRoutes {
  readonly #app: FastifyInstance;
  readonly #mount: FeedMount;
  readonly #crossOrigin: CrossOrigin;

  constructor(app: FastifyInstance, mount: FeedMount, crossOrigin: CrossOrigin) {
    this.#app = app;
    this.#mount = mount;
    this.#crossOrigin = crossOrigin;
  }

  /** Adds a path that pages of other origins may read, if they are named. */
  add(path: string, { handler, preHandler, vary }: ReadRoute): void {
    const { basePath, needsNoPassword } = this.#mount;
    const url = `${basePath}${path}`;
    const config = { isCrossOrigin: true } as const;
    const varies = this.#crossOrigin.isUsed ? `${vary}, Origin` : vary;
    const read: Handler = (request, reply) => {
      if (vary !== undefined) reply.header('vary', varies);
      return handler(request, reply);
    };
    this.#app.head(url, { config }, read);
    this.#app.get(url, { config, ...(preHandler && { preHandler }), exposeHeadRoute: false }, read);
    // A browser sends no password in a preflight request.
    this.#app.options(url, { config: { ...config, ...needsNoPassword } }, (request, reply) => {
      this.#crossOrigin.addPreflightHeaders(request, reply);
      return reply.code(204).header('allow', ALLOW).send();
    });
    this.#app.route({
      method: OTHER_METHODS,
      url,
      config,
      // Before the body is read, which may be of any type.
      onRequest: async (_request, reply) => rejectMethod(reply),
      handler: (_request, reply) => rejectMethod(reply),
    });
  }
}

type SendForms = (forms: MessageForms, request: FastifyRequest, reply: FastifyReply) => unknown;

/** Sends the message in a form of it; 503 if the server was never reached. */
function onceReached(feed: Feed, send: SendForms): Handler {
  return (request, reply) => {
    if (feed.forms !== undefined) return send(feed.forms, request, reply);
    return feed.use().then(() => {
      if (feed.forms !== undefined) return send(feed.forms, request, reply);
      return reply
        .code(503)
        .header('retry-after', RETRY_AFTER_SECONDS)
        .type('text/plain; charset=utf-8')
        .send(NOT_REACHED);
    });
  };
}

/**
 * The origin of the requested address. A proxy that terminates TLS may not report it, and may add a
 * port to `Host`: the host name decides which public origin it is.
 */
function originOf({ protocol, headers }: FastifyRequest, publicOrigins: readonly string[]): string {
  const requested = `${protocol}://${headers.host ?? ''}`;
  if (!URL.canParse(requested)) return requested;
  const { hostname } = new URL(requested);
  return publicOrigins.find((origin) => new URL(origin).hostname === hostname) ?? requested;
}

/**
 * Responds with events, also before the server was reached: a browser does not repeat a request for
 * events that was answered with an error.
 */
function sendEvents(feed: Feed, request: FastifyRequest, reply: FastifyReply): unknown {
  if (request.method === 'HEAD') return reply.headers(STREAM_HEADERS).send();
  void feed.use();
  const lastId = request.headers['last-event-id'];
  const missed = feed.forms?.missedSince(lastId?.toString());
  feed.streams.open(reply, missed?.earlier ?? [], missed?.hasCurrent ?? false);
  return undefined;
}

function rejectMethod(reply: FastifyReply): FastifyReply {
  return reply.code(405).header('allow', ALLOW).type('text/plain; charset=utf-8').send(READ_ONLY);
}
