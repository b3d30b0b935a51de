// Who is at the other end of a connection, as far as the server knows.

import type { Endpoint } from '../access/endpoint.ts';

export interface Peer extends Endpoint {
  /**
   * The name of the user, if a trusted proxy has sent one (PROTOCOL.md, "The PROXY header"): plain
   * text, not empty.
   */
  user?: string;
}
