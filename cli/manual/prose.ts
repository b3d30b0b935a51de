// What a manual page says besides the flags. Flags and variables are printed in bold wherever they
// are named.

export interface Prose {
  /** The paragraphs of the description. */
  description: readonly string[];
  /** Variables that are not those of a flag. */
  environment?: readonly Term[];
  files?: readonly Term[];
  signals?: readonly Term[];
  /** Other commands, without `motd`. */
  seeAlso: readonly string[];
}

export type Term = readonly [term: string, meaning: string];

const SERVERS =
  'The server is given as HOST and PORT, with --host, or with --url if it is reached through a ' +
  'bridge. Several servers that share a store are separated by commas: they are asked in turn, and ' +
  'the first that answers is used.';

const LOGIN: Term = ['MOTD_LOGIN', 'USER:PASSWORD for a bridge that requires a login.'];

const SIGNALS: readonly Term[] = [
  ['SIGTERM, SIGINT', 'End the program, with exit status 0.'],
  [
    'SIGHUP',
    'Read again the certificates, the users and the targets in the files that flags name. A program without such files ends, unless it is a systemd service.',
  ],
];

const STORE_FILE: Term = [
  '~/.local/share/motd/',
  'The messages, unless --store names another folder. Only one server may use it.',
];

const PASSWORD_FILES: Term = [
  'the file of --password-file or --store-password-file',
  'One line, written by motd hash-password. Other users must not be able to read it.',
];

const USERS_FILE: Term = [
  'the file of --users-file',
  'A line NAME:HASH for each user, with hashes by motd hash-password.',
];

/** @param changes Whether the command changes something, so that a password may be required. */
function client(
  description: readonly string[],
  seeAlso: readonly string[],
  changes = false,
): Prose {
  const password = changes
    ? [
        'If the server requires a password, put it into MOTD_STORE_PASSWORD: every user of the machine can read the arguments of a command.',
      ]
    : [];
  return { description: [...description, SERVERS, ...password], environment: [LOGIN], seeAlso };
}

export const PROSE: Readonly<Record<string, Prose>> = {
  motd: {
    description: [
      'A message of the day is one line of text that many people read and a few people write. motd serves it over TCP, as lines of text, and on a web page that is a terminal.',
      'The commands that serve it run until they are stopped. The others talk to a server, by default at 127.0.0.1, port 26310.',
      'Each flag has an environment variable. A flag wins over its variable, and the variable over the default. The variable of a switch turns it on with any value.',
    ],
    environment: [['MOTD_...', 'The flags of each command: see its own page.'], LOGIN],
    files: [STORE_FILE],
    seeAlso: [],
  },
  up: {
    description: [
      'Runs motd serve and motd bridge, each in a process of its own, and starts one again that ends unexpectedly. This is what npm start runs.',
      'The page is at http://127.0.0.1:8080, the server at 127.0.0.1, port 26310. To serve other machines, set --host and a password: the default one is public.',
    ],
    files: [STORE_FILE, PASSWORD_FILES, USERS_FILE],
    signals: SIGNALS,
    seeAlso: ['serve', 'bridge', 'connect', 'hash-password'],
  },
  serve: {
    description: [
      'Answers MSGGET, MSGSTORE and the other commands of the protocol, each a line of text. A message that is answered with 200 OK is on disk.',
      'To serve other machines, set --host and a password for SHUTDOWN: the default one is public. Without --store-password-file, every client may store a message.',
    ],
    files: [STORE_FILE, PASSWORD_FILES],
    signals: SIGNALS,
    seeAlso: ['up', 'bridge', 'copy-store', 'hash-password'],
  },
  bridge: {
    description: [
      'Serves a page that is a terminal, and relays between its WebSocket and the TCP services that --target allows: message servers, and any other.',
      'A browser chooses a target by its name, never a host or a port.',
    ],
    files: [
      USERS_FILE,
      ['the file of --targets-file', 'A target on each line, in the form of --target.'],
    ],
    signals: SIGNALS,
    seeAlso: ['up', 'serve', 'hash-password'],
  },
  connect: client(
    [
      'Asks for a command, sends it, and prints the reply, until QUIT or the end of the input. The commands may also come from a pipe.',
    ],
    ['get', 'set', 'watch'],
  ),
  get: client(
    [
      'Prints the message on standard output, whole, or prints nothing and ends with status 1. It takes no longer than --timeout.',
    ],
    ['set', 'watch', 'history', 'plans'],
  ),
  set: client(
    [
      'Stores the message of --message, or the line on standard input. In a terminal, it asks for the message.',
      'A message is one line of plain text, at most 4096 bytes of UTF-8. Status 0 means that it is stored.',
    ],
    ['get', 'plan', 'history'],
    true,
  ),
  watch: client(
    [
      'Prints the message, and every later one when it is stored, a line each, until it is interrupted. If the connection is lost, it connects again by itself.',
    ],
    ['get', 'history'],
  ),
  history: client(
    [
      'Prints the stored messages, oldest first, each with the time at which it was stored, in UTC.',
    ],
    ['get', 'watch', 'plans'],
  ),
  plan: client(
    [
      'Plans a message that is in force from --from until --until. Afterwards, the message before it is in force again.',
      'Times are in the local time zone: 18:00, fri 18:00, tomorrow 9 am, 27 Nov 2026 18:00, 2026-11-27T18:00Z. The window that was understood is printed on standard error, and the number of the message on standard output.',
    ],
    ['plans', 'cancel', 'set'],
    true,
  ),
  plans: client(
    [
      'Prints the planned messages that are in force or to come, each with its number and its window, in the local time zone.',
    ],
    ['plan', 'cancel'],
  ),
  cancel: client(
    [
      'Cancels the planned message with this number; if it is in force, it ends now. The message before it is in force again.',
    ],
    ['plan', 'plans'],
    true,
  ),
  'hash-password': {
    description: [
      'Reads a password from standard input, in a terminal twice and without echo, and prints its hash, made by scrypt.',
    ],
    seeAlso: ['serve', 'bridge', 'up'],
  },
  'copy-store': {
    description: [
      'Copies the messages from one store to another. The source is only read: it may be a backup, a read-only mount, or in use.',
      'The target is empty, or holds the beginning of the same history. If the copy is interrupted, run the command again to copy the rest.',
    ],
    seeAlso: ['serve'],
  },
  completion: {
    description: [
      'Prints a script that defines what Tab completes: commands, flags, and the values of flags that name a file, a folder, a host, or one of several words.',
    ],
    seeAlso: [],
  },
};
