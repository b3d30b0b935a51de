// What a failed request to etcd means: whether etcd rejected it, and why, in few words.

import { type ServiceError, status } from '@grpc/grpc-js';
import { errorMessage } from '../../../access/errorMessage.ts';

/** Every message of etcd itself starts with this (api/v3rpc/rpctypes/error.go in its sources). */
const ETCD = 'etcdserver: ';

/**
 * The status codes with which etcd rejects a request for good. UNAUTHENTICATED is not among them: a
 * new token may help.
 */
const REJECTIONS: readonly (status | undefined)[] = [
  status.INVALID_ARGUMENT,
  status.PERMISSION_DENIED,
  status.FAILED_PRECONDITION,
];

/** The details of the errors of etcd that are handled in a way of their own. */
const DETAILS = {
  /** Also returned for the last write that succeeded. */
  noSpace: /database space exceeded/,
  loginRejected: /authentication failed, invalid user ID or password/,
  /** A restart of etcd ends tokens; a change of its users ends JWTs, which carry a revision. */
  tokenRejected: /invalid auth token|revision of auth store is old|revision in header is old/,
};

export class EtcdRequestError extends Error {
  override name = 'EtcdRequestError';
  readonly #code: status | undefined;
  readonly #details: string;

  /**
   * @param address The member: `HOST:PORT`.
   * @param error What gRPC reported.
   */
  constructor(address: string, error: unknown) {
    const { code, details } = statusOf(error);
    const reason = code === status.DEADLINE_EXCEEDED ? 'no answer in time' : causeIn(details);
    super(`${address}: ${reason}`, { cause: error });
    this.#code = code;
    this.#details = details;
  }

  get isTimeout(): boolean {
    return this.#code === status.DEADLINE_EXCEEDED;
  }

  is(details: keyof typeof DETAILS): boolean {
    return this.#details.startsWith(ETCD) && DETAILS[details].test(this.#details);
  }
}

/** etcd rejected the request: nothing was written. */
export class EtcdRejectedError extends EtcdRequestError {
  override name = 'EtcdRejectedError';
}

/** @returns The error of a request that gRPC reported as failed. */
export function requestError(address: string, error: unknown): EtcdRequestError {
  const { code, details } = statusOf(error);
  const isRejected = details.startsWith(ETCD) && REJECTIONS.includes(code);
  return new (isRejected ? EtcdRejectedError : EtcdRequestError)(address, error);
}

interface RequestStatus {
  code: status | undefined;
  details: string;
}

function statusOf(error: unknown): RequestStatus {
  return isServiceError(error) ? error : { code: undefined, details: errorMessage(error) };
}

function isServiceError(error: unknown): error is ServiceError {
  if (!(error instanceof Error && 'code' in error && 'details' in error)) return false;
  return typeof error.code === 'number' && typeof error.details === 'string';
}

/** Reduces the details of gRPC to the cause. */
function causeIn(details: string): string {
  const { error } =
    /Last error: (Error: )?(?<error>.+?)\. Resolution note/.exec(details)?.groups ?? {};
  if (error !== undefined && error !== 'null' && error !== 'undefined') {
    return error.replace(/^Error(: | )/, '').replace(/ \(\d{4}-\S+Z\)$/, '');
  }
  return details.replace(/ Last error: .*/, '');
}
