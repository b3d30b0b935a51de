// Where an installed `motd` keeps its messages, unless `--store` names another place: in the folder
// that the system has for the data of a user's programs. In a checkout, `npm start` sets MOTD_STORE.

import { homedir } from 'node:os';
import { posix, win32 } from 'node:path';

const NAME = 'motd';

export interface UserFolders {
  platform: NodeJS.Platform;
  /** Empty if it is unknown. */
  home: string;
  environment: NodeJS.ProcessEnv;
}

/**
 * Messages are data rather than state, which the XDG Base Directory Specification (0.8) has for what
 * "is not important or portable enough".
 */
export function dataFolder({ platform, home, environment }: UserFolders): string {
  switch (platform) {
    case 'win32':
      return win32.join(environment['LOCALAPPDATA'] || win32.join(home, 'AppData\\Local'), NAME);
    case 'darwin':
      return posix.join(home, 'Library/Application Support', NAME);
    default: {
      const { XDG_DATA_HOME: data = '' } = environment;
      // The specification says to ignore a relative path.
      return posix.join(posix.isAbsolute(data) ? data : posix.join(home, '.local/share'), NAME);
    }
  }
}

export function defaultStore(): string {
  const { platform, env } = process;
  return `file:${dataFolder({ platform, home: homeFolder(), environment: env })}`;
}

/** @returns The root for a user without a home: such a user cannot write there, and gets an error. */
function homeFolder(): string {
  try {
    return homedir() || '/';
  } catch {
    return '/';
  }
}
