// `motd set`, `plan` and `cancel`: each changes something on one server.
//
// Several servers may be asked whether they are ready for it. The change is sent to one of them, and
// to another one only if the first reported that it has not made it (`askToWrite`).

import { type Deadline, withDeadline } from '../../client/oneshot/deadline.ts';
import { askToWrite } from '../../client/oneshot/oneshot.ts';
import type { Failure } from '../../client/oneshot/raceServers.ts';
import {
  DeniedError,
  OutcomeUnknownError,
  RejectedError,
} from '../../client/oneshot/replyErrors.ts';
import { describeWindow } from '../../client/planning/describeWindow.pure.ts';
import type { WriteCommand } from '../../protocol/commands.ts';
import { MAX_LINE_BYTES, trimLine } from '../../protocol/lines.ts';
import { escapeControls } from '../../protocol/plainText.ts';
import { REPLY } from '../../protocol/replies.ts';
import { formatWindow } from '../../protocol/time.ts';
import { askServers, cliErrorFor, cliErrorForAll, formatServer } from '../askServers.ts';
import { CliError, UsageError } from '../cliError.ts';
import { type OneshotOptions, print, remainingMs, useAnswer } from '../firstAnswer.ts';
import { localZone } from '../localTime/localZone.ts';
import type { WindowFlags } from '../localTime/readWindow.ts';
import { parseSingleLine } from '../options/parsers.ts';
import { readStandardInput } from '../standardInput.ts';
import { requestLine } from './requestLine.ts';

export interface ChangeOptions extends OneshotOptions {
  storePassword?: string | undefined;
}

export interface SetOptions extends ChangeOptions {
  message?: string;
  ifNumber?: number;
}

export interface PlanOptions extends ChangeOptions, WindowFlags {
  message?: string;
}

/**
 * Changes the message to `--message`, or to the line on standard input; with `--if-number`, only if
 * the message with this number is in force.
 */
export async function set(options: SetOptions): Promise<void> {
  const { ifNumber } = options;
  const message = await messageOf(options);
  if (ifNumber === undefined) await change('MSGSTORE', message, options);
  else {
    const line = requestLine(String(ifNumber), 'the number', message);
    await change('MSGREPLACE', line, options);
  }
}

/** Plans a message. Prints on standard error when it will be in force, then its number. */
export async function plan(options: PlanOptions): Promise<void> {
  // The parser takes longer to load than a request.
  const { readWindow } = await import('../localTime/readWindow.ts');
  const window = readWindow(options, Date.now());
  process.stderr.write(`${describeWindow(window, localZone())}\n`);
  const line = requestLine(formatWindow(window), 'the window', await messageOf(options));
  const number = await change('MSGPLAN', line, options);
  if (number !== undefined) await print(String(number));
}

/** Ends the window of a message. */
export async function cancel(number: number, options: ChangeOptions): Promise<void> {
  await change('MSGCANCEL', String(number), options);
}

/** After three wrong passwords a server checks none for some time (PROTOCOL.md, "Passwords"). */
const MAX_TYPED_PASSWORDS = 3;

/**
 * Asks for the store password on the terminal, if there is one and a server requires a password, and
 * again if it is wrong.
 *
 * @returns The number of what was stored, if it has one.
 */
async function change(
  command: WriteCommand,
  line: string,
  options: ChangeOptions,
): Promise<number | undefined> {
  let { storePassword } = options;
  for (let asked = 0; ; asked++) {
    try {
      return await withDeadline(remainingMs(options), (deadline) =>
        changeOnce(command, line, { ...options, storePassword }, deadline),
      );
    } catch (error) {
      const canAsk = process.stdin.isTTY && process.stderr.isTTY && asked < MAX_TYPED_PASSWORDS;
      const prompt = canAsk ? PASSWORD_PROMPTS.get(deniedReply(error)) : undefined;
      if (prompt === undefined) throw error;
      const { askForPassword } = await import('../password.ts');
      const [typed = ''] = await askForPassword(prompt);
      // Without one, if it cannot be sent: the server requires it again.
      storePassword = parseSingleLine(typed);
    }
  }
}

const PASSWORD_PROMPTS: ReadonlyMap<string | undefined, string> = new Map([
  [REPLY.passwordRequired, 'Store password: '],
  [REPLY.wrongPassword, 'Wrong password. Store password: '],
]);

function deniedReply(error: unknown): string | undefined {
  const cause = error instanceof CliError ? error.cause : undefined;
  return cause instanceof DeniedError ? cause.reply : undefined;
}

async function changeOnce(
  command: WriteCommand,
  line: string,
  options: ChangeOptions,
  deadline: Deadline,
): Promise<number | undefined> {
  const failures: Failure[] = [];
  let number: number | undefined;
  let remaining = options.servers;
  while (remaining.length > 0) {
    const asked = { ...options, servers: remaining };
    const result = await askServers(asked, deadline, askToWrite(command));
    failures.push(...result.failures);
    if (result.first === undefined) break;
    const failure = await useAnswer(result.first, async (send) => {
      number = await send(line, options.storePassword);
    });
    if (failure === undefined) return number;
    if (isFinal(failure, command)) throw cliErrorFor(failure, options);
    failures.push(failure);
    remaining = remaining.filter((server) =>
      failures.every((failure) => failure.server !== server),
    );
  }
  const done = command === 'MSGCANCEL' ? 'canceled' : 'accepted';
  throw cliErrorForAll(failures, `no server ${done} the message`, options);
}

/**
 * Whether the outcome is final: no other server may be asked. After 503 the store may still make the
 * change; through another server, a message would be planned twice, or replace itself.
 */
function isFinal({ error }: Failure, command: WriteCommand): boolean {
  if (error instanceof OutcomeUnknownError || error instanceof DeniedError) return true;
  const isRepeatable = command === 'MSGSTORE' || command === 'MSGCANCEL';
  return !isRepeatable && error instanceof RejectedError && error.reply === REPLY.storeUnavailable;
}

/** @returns `--message`, or the line on standard input; from a terminal, until Enter. */
async function messageOf({ message, servers }: SetOptions): Promise<string> {
  if (message !== undefined) return message;
  // With the server: a message that was passed without -m is taken for one.
  if (process.stdin.isTTY) {
    const where = escapeControls(servers.map(formatServer).join(', '));
    process.stderr.write(`New message for ${where}: `);
  }
  const text = await readStandardInput();
  const line = parseSingleLine(text);
  if (line !== undefined) return line;
  const bytes = Buffer.byteLength(trimLine(text));
  const excess = bytes > MAX_LINE_BYTES ? `, and has ${bytes}` : '';
  throw new UsageError(
    'invalid-message',
    `invalid message: it must be one line of plain text, 1 to ${MAX_LINE_BYTES} bytes${excess}; pass it with -m, or on standard input`,
  );
}
