// Makes the server listen at the address of its flags.

import type { ListenAddress } from '../../access/endpoint.ts';
import { errorMessage } from '../../access/errorMessage.ts';
import type { SocketFile } from '../../access/unixSocket.ts';
import type { MotdServer } from '../../server/server.ts';
import { CliError, listenError, socketFileError } from '../cliError.ts';
import { SERVER_SOCKET } from '../options/socketFile.ts';

/**
 * @param socket The descriptor of a socket from the service manager, to listen on in place of the
 *   address.
 * @throws CliError if it cannot listen.
 */
export async function listen(
  server: MotdServer,
  address: ListenAddress | SocketFile,
  socket: number | undefined,
): Promise<ListenAddress> {
  try {
    if (socket !== undefined) return await server.listenOnSocket(socket);
    if ('path' in address) return await server.listenOnPath(address);
    return await server.listen(address.host, address.port);
  } catch (error) {
    if (socket !== undefined) {
      throw new CliError(
        'service-manager',
        `cannot listen on the socket from the service manager: ${errorMessage(error)}`,
      );
    }
    if ('path' in address) throw socketFileError(error, address.path, SERVER_SOCKET.path);
    throw listenError(error, address, '--port');
  }
}
