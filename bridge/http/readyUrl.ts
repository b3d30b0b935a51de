// Requests `--ready-url`: for a target that accepts connections before it is ready, such as a
// message server whose store is unavailable.

import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { errorMessage } from '../../access/errorMessage.ts';
import { errorCode } from '../../access/systemErrors.ts';

/** The maximum size of a response body. */
const MAX_BODY_BYTES = 4096;

/** The maximum number of characters that are quoted from the first line. */
const MAX_QUOTED = 200;

/**
 * Requests a URL over plain HTTP.
 *
 * @param timeoutMs How long the whole response may take.
 * @returns Why the program there is not ready; `undefined` if it answers 200.
 */
export async function probeReadyUrl(url: URL, timeoutMs: number): Promise<string | undefined> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await get(url, signal);
    if (response.statusCode === 200) {
      response.destroy();
      return undefined;
    }
    const line = firstLine(await bodyOf(response));
    return reasonIn(line) ?? `--ready-url answered ${response.statusCode}: ${line}`;
  } catch (error) {
    if (signal.aborted) return `--ready-url did not answer completely within ${timeoutMs / 1000} s`;
    return `--ready-url failed: ${errorCode(error) ?? errorMessage(error)}`;
  }
}

function get(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(url, { agent: false, signal, headers: { accept: 'text/plain' } }, resolve)
      .on('error', reject)
      .end();
  });
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) response.destroy(new Error('the response is too long'));
  });
  return text(response);
}

function firstLine(body: string): string {
  const [line = ''] = body.split(/\r?\n/, 1);
  return line.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, '\ufffd').slice(0, MAX_QUOTED);
}

/** The reason in a response of our own format, which is then passed on without the flag's name. */
function reasonIn(line: string): string | undefined {
  return /^not ready: (?<reason>.+)/.exec(line)?.groups?.reason;
}
