// Makes the server listen where its flags say.

import type { Endpoint } from '../../access/endpoint.ts';
import { errorMessage } from '../../access/errorMessage.ts';
import type { MotdServer } from '../../server/server.ts';
import { CliError, listenError } from '../cliError.ts';

/**
 * @param socket The descriptor of a socket from the service manager, to listen on in place of the
 *   endpoint.
 * @throws CliError if it cannot listen.
 */
export function listen(
  server: MotdServer,
  { host, port }: Endpoint,
  socket: number | undefined,
): Promise<Endpoint> {
  if (socket === undefined) {
    return server.listen(host, port).catch((error: unknown) => {
      throw listenError(error, { host, port }, '--port');
    });
  }
  return server.listenOnSocket(socket).catch((error: unknown) => {
    throw new CliError(
      `cannot listen on the socket from the service manager: ${errorMessage(error)}`,
    );
  });
}
