// Whether everything that sessions need is ready, for `/readyz`.

import { type ConnectTargetOptions, connectTarget } from '../relay/connectTarget.ts';
import {
  describeFailure,
  isClientCertificateFailure,
  targetFailure,
} from '../relay/describeFailure.ts';
import type { TargetCas } from '../relay/targetCas.ts';
import type { TargetList } from '../relay/targetList.ts';
import { probeReadyUrl } from './readyUrl.ts';

/** How long a result is cached, so that frequent requests put no load on the target. */
const CACHE_MS = 1000;

/** How long a server of TLS may take to reject the handshake that the client has finished. */
const VERDICT_MS = 250;

/** How long the connection of a probe may stay open after its result. */
const LINGER_MS = 1000;

export interface ReadinessOptions {
  /** The default target has to be ready. */
  targets: TargetList;
  /** How long the target may take to accept a connection, and `readyUrl` to answer. */
  connectTimeoutMs: number;
  targetCas: TargetCas;
  /** A URL that has to be ready, too, over plain HTTP. */
  readyUrl?: URL | undefined;
}

export class Readiness {
  readonly #targets: TargetList;
  readonly #connectOptions: ConnectTargetOptions;
  readonly #targetProbe: CachedResult;
  readonly #urlProbe: CachedResult;
  readonly #urlProbeWithoutStore: CachedResult;

  constructor({ targets, connectTimeoutMs, targetCas, readyUrl }: ReadinessOptions) {
    this.#targets = targets;
    this.#connectOptions = { connectTimeoutMs, targetCas };
    this.#targetProbe = new CachedResult(() => this.#probeTarget());
    this.#urlProbe = new CachedResult(
      async () => readyUrl && probeReadyUrl(readyUrl, connectTimeoutMs),
    );
    this.#urlProbeWithoutStore = new CachedResult(
      async () => readyUrl && probeReadyUrl(excludingStore(readyUrl), connectTimeoutMs),
    );
  }

  /**
   * @param excludesStore Whether the message store may be unavailable: reads work without it.
   * @returns Why sessions are not ready; `undefined` if they are.
   */
  async check(excludesStore: boolean): Promise<string | undefined> {
    const urlProbe = excludesStore ? this.#urlProbeWithoutStore : this.#urlProbe;
    const reasons = await Promise.all([this.#targetProbe.get(), urlProbe.get()]);
    return reasons.filter((reason) => reason !== undefined).join('; ') || undefined;
  }

  // A server of TLS 1.3 reports after the handshake that it requires a client certificate, so the
  // probe of a target with TLS waits for that, or for the end of its connection.
  #probeTarget(): Promise<string | undefined> {
    const target = this.#targets.default;
    const socket = connectTarget(target, this.#connectOptions);
    return new Promise((resolve) => {
      const fail = (error: Error) => resolve(describeFailure(targetFailure(error), target));
      socket.once('error', fail);
      socket.once('connect', () => {
        socket.off('error', fail).on('error', (error) => {
          if (isClientCertificateFailure(targetFailure(error))) fail(error);
        });
        socket.end();
        socket.resume();
        const deadline = setTimeout(() => socket.destroy(), LINGER_MS).unref();
        socket.once('close', () => {
          clearTimeout(deadline);
          resolve(undefined);
        });
        if (target.tlsName === undefined) resolve(undefined);
        else setTimeout(() => resolve(undefined), VERDICT_MS).unref();
      });
    });
  }
}

/** The query of the Kubernetes API server (kubernetes.io, "Kubernetes API health endpoints"). */
function excludingStore(url: URL): URL {
  const excluding = new URL(url);
  excluding.searchParams.append('exclude', 'store');
  return excluding;
}

/** A result that is cached for CACHE_MS. Simultaneous calls share one probe. */
class CachedResult {
  readonly #probe: () => Promise<string | undefined>;
  #result: Promise<string | undefined> = Promise.resolve(undefined);
  #validUntilMs = Number.NEGATIVE_INFINITY;

  constructor(probe: () => Promise<string | undefined>) {
    this.#probe = probe;
  }

  get(): Promise<string | undefined> {
    if (performance.now() < this.#validUntilMs) return this.#result;
    this.#validUntilMs = Number.POSITIVE_INFINITY;
    this.#result = this.#probe().finally(() => {
      this.#validUntilMs = performance.now() + CACHE_MS;
    });
    return this.#result;
  }
}
