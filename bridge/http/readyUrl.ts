// Another program's word on whether it is ready: `--ready-url`, for one that takes connections and
// is not all there, such as a message server whose store is away.

import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { errorCode } from '../../access/systemErrors.ts';

/** The most of an answer that is read. */
const MAX_ANSWER_BYTES = 4096;

/** What of its first line is told. */
const MAX_TOLD = 200;

/**
 * Asks an address of plain HTTP.
 *
 * @param timeoutMs How long the whole answer may take.
 * @returns Why it is not ready; `undefined` where it answers 200.
 */
export async function askReadyUrl(url: URL, timeoutMs: number): Promise<string | undefined> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await answerOf(url, signal);
    if (response.statusCode === 200) {
      response.destroy();
      return undefined;
    }
    const said = firstLine(await bodyOf(response));
    return reasonIn(said) ?? `--ready-url answers ${response.statusCode}: ${said}`;
  } catch (error) {
    if (signal.aborted) return `--ready-url sent no complete answer within ${timeoutMs / 1000} s`;
    return `--ready-url cannot be asked: ${errorCode(error) ?? errorMessage(error)}`;
  }
}

function answerOf(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
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
    if (bytes > MAX_ANSWER_BYTES) response.destroy(new Error('too long an answer'));
  });
  return text(response);
}

function firstLine(body: string): string {
  const [line = ''] = body.split(/\r?\n/, 1);
  return line.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, '\ufffd').slice(0, MAX_TOLD);
}

/** Who says `not ready: ` as we do says why, too: who reads that need not know of the flag. */
function reasonIn(said: string): string | undefined {
  return /^not ready: (?<reason>.+)/.exec(said)?.groups?.reason;
}

function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
