// The methods of etcd's gRPC API (etcd.proto), with the types of their messages.

import { fileURLToPath } from 'node:url';
import { type AnyDefinition, loadSync, type ServiceDefinition } from '@grpc/proto-loader';
import { booleanIn, bytesIn, integerIn, listIn, messageIn, textIn } from './protobufFields.ts';

/** Field names become camel case. A 64-bit integer is decoded as a string, which is exact. */
const DEFINITIONS = loadSync(fileURLToPath(new URL('./etcd.proto', import.meta.url)), {
  defaults: true,
  longs: String,
  enums: String,
});

export interface EtcdMethod<Request, Response> {
  /** `/SERVICE/METHOD` */
  path: string;
  encode(request: Request): Buffer;
  /** @throws If the response is invalid. */
  decode(bytes: Buffer): Response;
}

/** The keys from `key` to before `rangeEnd`. */
export interface KeyRange {
  key: Buffer;
  rangeEnd: Buffer;
}

export interface KeyValue {
  key: Buffer;
  value: Buffer;
  /** The revision that created the key. */
  createRevision: number;
  /** The revision that last changed it. */
  modRevision: number;
}

interface ResponseHeader {
  /** An unsigned 64-bit integer in decimal. */
  clusterId: string;
  revision: number;
}

export type Compare = { key: Buffer; result: 'EQUAL' } & (
  | { target: 'CREATE'; createRevision: number }
  | { target: 'MOD'; modRevision: number }
);

export type RequestOp =
  | { requestRange: { key: Buffer } | (KeyRange & { limit: number }) }
  | { requestPut: { key: Buffer; value: Buffer } }
  | { requestDeleteRange: KeyRange };

export interface TxnRequest {
  compare?: readonly Compare[];
  /** Performed if every comparison holds. */
  success: readonly RequestOp[];
  /** Performed if not. */
  failure?: readonly RequestOp[];
}

export interface TxnResponse {
  header: ResponseHeader;
  /** Whether every comparison held. */
  succeeded: boolean;
  /** What each range request among the performed operations found. */
  ranges: KeyValue[][];
}

export interface WatchRequest {
  createRequest: KeyRange & { startRevision: number; fragment: boolean };
}

export interface WatchResponse {
  header: ResponseHeader;
  /** Why etcd ends the watch; `undefined` if it does not. */
  canceled: { reason: string; isCompacted: boolean } | undefined;
  events: { isPut: boolean; kv: KeyValue }[];
}

export const TXN = method<TxnRequest, TxnResponse>('KV', 'Txn', (response) => ({
  header: headerOf(response),
  succeeded: booleanIn(response, 'succeeded'),
  ranges: listIn(response, 'responses')
    .filter((operation) => 'responseRange' in operation)
    .map((operation) => listIn(messageIn(operation, 'responseRange'), 'kvs').map(keyValueOf)),
}));

export const WATCH = method<WatchRequest, WatchResponse>('Watch', 'Watch', (response) => ({
  header: headerOf(response),
  canceled: booleanIn(response, 'canceled')
    ? {
        reason: textIn(response, 'cancelReason'),
        isCompacted: integerIn(response, 'compactRevision') > 0,
      }
    : undefined,
  events: listIn(response, 'events').map((event) => ({
    isPut: textIn(event, 'type') === 'PUT',
    kv: keyValueOf(messageIn(event, 'kv')),
  })),
}));

export const AUTHENTICATE = method<{ name: string; password: string }, { token: string }>(
  'Auth',
  'Authenticate',
  (response) => ({ token: textIn(response, 'token') }),
);

function method<Request extends object, Response>(
  serviceName: string,
  name: string,
  decode: (response: object) => Response,
): EtcdMethod<Request, Response> {
  const service = DEFINITIONS[`etcdserverpb.${serviceName}`];
  const definition = isService(service) ? service[name] : undefined;
  if (definition === undefined) throw new Error(`etcd.proto declares no ${serviceName}.${name}`);
  return {
    path: definition.path,
    encode: definition.requestSerialize,
    decode: (bytes) => decode(definition.responseDeserialize(bytes)),
  };
}

function isService(definition: AnyDefinition | undefined): definition is ServiceDefinition {
  return definition !== undefined && typeof definition.format !== 'string';
}

function headerOf(response: object): ResponseHeader {
  const header = messageIn(response, 'header');
  return { clusterId: textIn(header, 'clusterId'), revision: integerIn(header, 'revision') };
}

function keyValueOf(kv: object): KeyValue {
  return {
    key: bytesIn(kv, 'key'),
    value: bytesIn(kv, 'value'),
    createRevision: integerIn(kv, 'createRevision'),
    modRevision: integerIn(kv, 'modRevision'),
  };
}
