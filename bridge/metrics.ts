// The bridge's metrics, for Prometheus (https://prometheus.io/docs/practices/naming/). The number
// of time series is bounded: labels hold target names, codes and reasons, never what a peer sent.

import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import {
  METRICS_CONTENT_TYPE,
  type MetricSample,
  type MetricsText,
  sampleOf,
} from '../access/metricSamples.ts';
import type { CertificateRefusal } from './http/clientCertificate.ts';
import type { DropReason, RecordingCounters } from './recording/recorder.ts';
import type { TargetFailure } from './relay/describeFailure.ts';

/** Why a connection or a request was rejected. */
export type RejectionReason =
  | 'host'
  | 'origin'
  | 'headers'
  | 'password'
  | 'user'
  | 'target'
  | 'sessions'
  | 'sessions_per_source'
  | 'connections_per_source'
  | 'descriptors'
  | 'unanswered_requests'
  | 'requests_per_source'
  | 'malformed'
  | 'request_timeout';

/** Why an event stream was rejected. */
export type StreamRejectionReason = Extract<RejectionReason, 'sessions' | 'sessions_per_source'>;

/** The counts of one target's sessions. Relays increment plain numbers, which is fastest. */
export interface TargetCounters {
  opened: number;
  open: number;
  bytesFromBrowsers: number;
  bytesToBrowsers: number;
}

/**
 * The close codes that have a label of their own (closeCodes.ts; RFC 6455, section 7.4.1). A peer
 * may send any other code.
 */
const KNOWN_CODES = new Set([
  1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
]);

export class Metrics implements MetricsText {
  readonly contentType = METRICS_CONTENT_TYPE;
  readonly recordings: RecordingCounters = {
    open: 0,
    writtenBytes: 0,
    dropped: { memory: 0, error: 0, limit: 0 },
  };
  readonly #registry = new Registry();
  readonly #targets = new Map<string, TargetCounters>();
  readonly #targetFailures: Counter<'target' | 'reason'>;
  readonly #subprotocols: Counter<'target' | 'subprotocol'>;
  readonly #closes: Counter<'code'>;
  readonly #rejections: Counter<'reason'>;
  readonly #streamRejections: Counter<'reason'>;
  readonly #streams: Gauge;
  readonly #refusedCertificates: Counter<'reason'>;

  constructor() {
    const registers = [this.#registry];
    // Event loop delay, memory, CPU time, open files and others.
    collectDefaultMetrics({ register: this.#registry });
    this.#registerTargetMetrics();
    this.#registerRecordingMetrics();
    this.#targetFailures = new Counter({
      name: 'motd_bridge_target_failures_total',
      help: 'Connections to targets that could not be opened or failed, by reason.',
      labelNames: ['target', 'reason'],
      registers,
    });
    this.#subprotocols = new Counter({
      name: 'motd_bridge_subprotocol_sessions_total',
      help: 'Sessions opened, by the subprotocol that was negotiated.',
      labelNames: ['target', 'subprotocol'],
      registers,
    });
    this.#closes = new Counter({
      name: 'motd_bridge_websocket_closes_total',
      help: 'WebSockets closed, by close code.',
      labelNames: ['code'],
      registers,
    });
    this.#rejections = new Counter({
      name: 'motd_bridge_rejections_total',
      help: 'Connections and requests rejected, by reason.',
      labelNames: ['reason'],
      registers,
    });
    this.#streams = new Gauge({
      name: 'motd_bridge_event_streams',
      help: 'Open event streams: readers of /message/events.',
      registers,
    });
    this.#streamRejections = new Counter({
      name: 'motd_bridge_event_stream_rejections_total',
      help: 'Event streams rejected, by reason.',
      labelNames: ['reason'],
      registers,
    });
    this.#refusedCertificates = new Counter({
      name: 'motd_bridge_client_certificates_refused_total',
      help: 'TLS handshakes that failed because of the certificate of the client, by reason.',
      labelNames: ['reason'],
      registers,
    });
  }

  /** @param target The name of a target that the operator chose. Its counts start with 0. */
  countersOf(target: string): TargetCounters {
    const known = this.#targets.get(target);
    if (known !== undefined) return known;
    const counters = { opened: 0, open: 0, bytesFromBrowsers: 0, bytesToBrowsers: 0 };
    this.#targets.set(target, counters);
    return counters;
  }

  recordTargetFailure(target: string, reason: TargetFailure): void {
    this.#targetFailures.inc({ target, reason });
  }

  /** @param subprotocol One that the bridge selected; empty if it selected none. */
  recordSubprotocol(target: string, subprotocol: string): void {
    this.#subprotocols.inc({ target, subprotocol: subprotocol || 'none' });
  }

  recordClose(code: number): void {
    this.#closes.inc({ code: KNOWN_CODES.has(code) ? code : 'other' });
  }

  recordRejection(reason: RejectionReason): void {
    this.#rejections.inc({ reason });
  }

  recordStreamOpened(): void {
    this.#streams.inc();
  }

  recordStreamClosed(): void {
    this.#streams.dec();
  }

  /** It also counts as a rejected request. */
  recordStreamRejection(reason: StreamRejectionReason): void {
    this.#streamRejections.inc({ reason });
    this.recordRejection(reason);
  }

  recordRefusedCertificate(reason: CertificateRefusal): void {
    this.#refusedCertificates.inc({ reason });
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** @returns All metrics for the primary. */
  sample(): Promise<MetricSample[]> {
    return sampleOf(this.#registry);
  }

  #registerTargetMetrics(): void {
    const registers = [this.#registry];
    const targets = this.#targets;
    new Gauge({
      name: 'motd_bridge_sessions',
      help: 'Open sessions.',
      labelNames: ['target'],
      registers,
      collect() {
        for (const [target, { open }] of targets) this.set({ target }, open);
      },
    });
    new Counter({
      name: 'motd_bridge_sessions_opened_total',
      help: 'Sessions opened.',
      labelNames: ['target'],
      registers,
      collect() {
        this.reset();
        for (const [target, { opened }] of targets) this.inc({ target }, opened);
      },
    });
    new Counter({
      name: 'motd_bridge_relayed_bytes_total',
      help: 'Bytes relayed, by destination.',
      labelNames: ['target', 'to'],
      registers,
      collect() {
        this.reset();
        for (const [target, { bytesFromBrowsers, bytesToBrowsers }] of targets) {
          this.inc({ target, to: 'target' }, bytesFromBrowsers);
          this.inc({ target, to: 'browser' }, bytesToBrowsers);
        }
      },
    });
  }

  #registerRecordingMetrics(): void {
    const registers = [this.#registry];
    const { recordings } = this;
    new Gauge({
      name: 'motd_bridge_recordings',
      help: 'Sessions that are being recorded.',
      registers,
      collect() {
        this.set(recordings.open);
      },
    });
    new Counter({
      name: 'motd_bridge_recording_written_bytes_total',
      help: 'Bytes written to recordings.',
      registers,
      collect() {
        this.reset();
        this.inc(recordings.writtenBytes);
      },
    });
    new Counter({
      name: 'motd_bridge_recording_dropped_bytes_total',
      help: 'Bytes of targets that were not recorded, by reason.',
      labelNames: ['reason'],
      registers,
      collect() {
        this.reset();
        const dropped = Object.entries(recordings.dropped) as [DropReason, number][];
        for (const [reason, bytes] of dropped) this.inc({ reason }, bytes);
      },
    });
  }
}
