// Reads which servers a client command was given: as arguments, by --host and --port, or by --url.
// A flag that none of them uses is an error: its user expects an effect.

import type { Command } from 'commander';
import type { ServerAddress } from '../../client/connect.ts';
import { UsageError } from '../cliError.ts';
import type { ServersOptions } from '../options/clientOptions.ts';
import { ownVariable } from '../options/environment.ts';
import type { ServerArgument } from '../options/parsers.ts';

/** The flags for a client's servers, as Commander parses them. */
interface GivenServers extends Omit<ServersOptions, 'servers' | 'tlsSwitch'> {
  host: ServerArgument[];
  port: number;
  url?: URL[];
}

/** Wraps the action of a client command, which also takes its servers as `motd get HOST PORT`. */
export function withServers<Options>(act: (options: Options & ServersOptions) => Promise<void>) {
  return (
    host: ServerArgument[] | undefined,
    port: number | undefined,
    options: Options & GivenServers,
    command: Command,
  ) => {
    for (const [name, value] of Object.entries({ host, port })) {
      if (value !== undefined && isOnCommandLine(command, name))
        throw new UsageError(
          'conflicting-flags',
          `the ${name} is given twice; leave out --${name}`,
        );
    }
    const isHostGiven = host !== undefined || isOnCommandLine(command, 'host');
    if (isHostGiven && isOnCommandLine(command, 'url')) {
      throw new UsageError(
        'conflicting-flags',
        'the server is given twice; leave out --url, or the host',
      );
    }
    const urls = isHostGiven ? undefined : options.url;
    const servers =
      urls?.map((url) => ({ url })) ??
      (host ?? options.host).map((given) =>
        'path' in given ? given : { port: port ?? options.port, ...given },
      );
    const isGiven = (name: string) =>
      isOnCommandLine(command, name) || (name === 'port' && port !== undefined);
    const fault = unusedFlag(servers, isGiven) ?? unusedLogin(command, servers, isHostGiven);
    if (fault !== undefined) throw new UsageError('unused-flag', fault);
    return act({ ...options, servers, tlsSwitch: tlsSwitchOf(command) });
  };
}

const isTcp = (server: ServerAddress) => 'host' in server;
const canUseTls = (server: ServerAddress) =>
  'url' in server ? server.url.protocol === 'wss:' : isTcp(server);

const WRITE_WSS = 'write wss:// in the URL';
const FLAGS = [
  { name: 'port', flag: '--port', isUsed: isTcp, url: '--url; write the port into the URL' },
  { name: 'tls', flag: '--tls', isUsed: isTcp, url: `--url; ${WRITE_WSS}` },
  { name: 'tlsCa', flag: '--tls-ca', isUsed: canUseTls, url: `ws://; ${WRITE_WSS}` },
  { name: 'tlsCert', flag: '--tls-cert', isUsed: canUseTls, url: `ws://; ${WRITE_WSS}` },
  { name: 'tlsKey', flag: '--tls-key', isUsed: canUseTls, url: `ws://; ${WRITE_WSS}` },
] as const;

/** @returns What is wrong with a flag that no server uses. */
function unusedFlag(
  servers: readonly ServerAddress[],
  isGiven: (name: string) => boolean,
): string | undefined {
  const unused = FLAGS.find(({ name, isUsed }) => isGiven(name) && !servers.some(isUsed));
  if (unused === undefined) return undefined;
  const isUnix = servers.every((server) =>
    'url' in server ? server.url.protocol === 'ws+unix:' : !isTcp(server),
  );
  if (isUnix) return `${unused.flag} is not for a Unix socket; leave it out`;
  return `${unused.flag} is not for ${unused.url}`;
}

/**
 * @returns What is wrong with a login for servers that are not behind a bridge. A variable may be
 *   meant for other commands: it is ignored if the command line names the server.
 */
function unusedLogin(
  command: Command,
  servers: readonly ServerAddress[],
  isHostGiven: boolean,
): string | undefined {
  if (servers.some((server) => 'url' in server)) return undefined;
  const source = command.getOptionValueSource('loginFile');
  if (source === 'cli') return '--login-file is for --url; a server has no users';
  if (isHostGiven) return undefined;
  const hasLogin = ownVariable('MOTD_LOGIN') !== undefined;
  const variable = source === 'env' ? 'MOTD_LOGIN_FILE' : hasLogin && 'MOTD_LOGIN';
  if (variable === false) return undefined;
  return `${variable} is for --url; set MOTD_URL, or name the server on the command line`;
}

/**
 * @returns The flag or variable that turns on TLS for hosts. A certificate in a variable does not:
 *   it may be meant for a bridge.
 */
function tlsSwitchOf(command: Command): string | undefined {
  const find = (source: string, names: readonly string[]) =>
    command.options.find((option) => {
      const name = option.attributeName();
      return names.includes(name) && command.getOptionValueSource(name) === source;
    });
  const flag = find('cli', ['tls', 'tlsCa', 'tlsCert', 'tlsKey'])?.long;
  return flag ?? find('env', ['tls', 'tlsCa'])?.envVar;
}

function isOnCommandLine(command: Command, option: string): boolean {
  return command.getOptionValueSource(option) === 'cli';
}
