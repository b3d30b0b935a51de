// What protocol the first bytes of a connection belong to (protocol/foreignProtocol.ts).

import { dropByteOrderMark } from '../../protocol/byteOrderMark.ts';
import {
  MAX_FIRST_BYTES,
  protocolOfFirstBytes,
  protocolOfLongLine,
} from '../../protocol/foreignProtocol.ts';
import { ownCopy, trimLine } from '../../protocol/lines.ts';
import { dropTelnetCommands } from '../../protocol/telnet.ts';
import { CLOSING, type Due, due, type FirstLine } from './sessionState.ts';

/**
 * Adds bytes to the first bytes. Binary protocols are detected here, by bytes, since they may never
 * send an LF.
 */
export function withFirstBytes(state: FirstLine, bytes: string): FirstLine | Due {
  const missing = MAX_FIRST_BYTES - state.firstBytes.length;
  if (missing === 0) return state;
  const firstBytes = ownCopy(state.firstBytes + bytes.slice(0, missing));
  const protocol = protocolOfFirstBytes(firstBytes);
  return protocol === undefined ? { is: 'firstLine', firstBytes } : rejectionOf(protocol);
}

/**
 * The first line may be the request line of another protocol: its start is enough to detect that.
 *
 * @returns The protocol's name; `undefined` if a client of this protocol may have sent the line.
 */
export function protocolOfLongFirstLine({ firstBytes }: FirstLine): string | undefined {
  const start = dropTelnetCommands(trimLine(dropByteOrderMark(firstBytes)));
  return protocolOfLongLine(start, firstBytes);
}

// Has no `line` to log: an HTTP header may contain a cookie or a password.
export function rejectionOf(protocol: string): Due {
  return due({ do: 'rejectProtocol', protocol }, CLOSING);
}
