// The line that asks for a change, if the message is not alone on it.

import { MAX_LINE_BYTES } from '../../protocol/lines.ts';
import { UsageError } from '../cliError.ts';

/**
 * @param field Precedes the message: its times, or a number.
 * @param name The field in words.
 * @throws UsageError if the server would reject the line as too long.
 */
export function requestLine(field: string, name: string, message: string): string {
  const bytes = Buffer.byteLength(message);
  const spareBytes = MAX_LINE_BYTES - Buffer.byteLength(`${field} `);
  if (bytes <= spareBytes) return `${field} ${message}`;
  throw new UsageError(
    'invalid-message',
    `the message has ${bytes} bytes, and ${name} leaves ${spareBytes} bytes of the line for it; shorten it`,
  );
}
