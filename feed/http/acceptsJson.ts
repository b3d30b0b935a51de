import Negotiator from 'negotiator';

const PLAIN = 'text/plain';

/** The first is the one without a preference. Some clients add the charset. */
const TYPES = [PLAIN, 'application/json', 'application/json;charset=utf-8'];

/** Whether a client prefers JSON to plain text (RFC 9110, section 12.5.1). */
export function acceptsJson(accept: string | undefined): boolean {
  // Most programs send nothing, or `*/*`: these need no parser.
  if (accept === undefined || accept === '*/*') return false;
  const preferred = new Negotiator({ headers: { accept } }).mediaType(TYPES);
  return preferred !== undefined && preferred !== PLAIN;
}
