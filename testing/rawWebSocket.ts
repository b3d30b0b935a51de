// A WebSocket client that sends exactly the given bytes, valid or not, can pause reading, and
// checks every frame it receives.

import { connect, type Socket } from 'node:net';
import { closePayload, FrameReader, frame, OPCODE } from './frames.ts';
import { HANG_LIMIT_MS } from './hangLimit.ts';
import { responseHead } from './rawHttp.ts';

const NO_BYTES = Buffer.alloc(0);

export interface WebSocketEnding {
  /** From the bridge's close frame; `undefined` if there was none. */
  code?: number | undefined;
  reason?: string;
  /** Whether the bridge ended the stream right after the close frame. */
  isClean: boolean;
  /** The first error in the bridge's bytes, or of the connection. */
  error?: string;
}

export interface RawConnectOptions {
  path?: string;
  /** Sent by pages only. */
  origin?: string;
  /** The subprotocol to offer, which the bridge must accept. */
  subprotocol?: string | undefined;
  /** Bytes sent together with the request, before the response. */
  early?: Buffer;
  /** Reads nothing after the handshake until `socket.resume`. */
  startsPaused?: boolean;
  /** Called with the payload of data frames. */
  onData?: (chunk: Buffer) => void;
}

/** The bytes of an upgrade request. A header whose override is `undefined` is left out. */
export function upgradeRequest(
  path = '/ws',
  headerOverrides: Record<string, string | undefined> = {},
): string {
  const headers = {
    Host: 'localhost',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...headerOverrides,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}\r\n`],
  );
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

export class RawWebSocket {
  static readonly open = new Set<RawWebSocket>();
  readonly socket: Socket;
  /** Payload bytes received in data frames. */
  received = 0;
  pings = 0;
  /** The payloads of the pongs. */
  readonly pongs: string[] = [];
  hasReceivedClose = false;
  hasSentClose = false;
  readonly #frames: FrameReader;
  readonly #closed: Promise<void>;
  #ending: WebSocketEnding = { isClean: false };
  #isMidFrame = false;
  #pending: Buffer[] = [];

  private constructor(socket: Socket, onData: (chunk: Buffer) => void) {
    this.socket = socket;
    this.#frames = new FrameReader({
      onData: (chunk) => {
        this.received += chunk.length;
        onData(chunk);
      },
      onControl: (opcode, payload) => this.#onControl(opcode, payload),
    });
    RawWebSocket.open.add(this);
    socket.on('error', (error) => {
      this.#ending.error ??= String(error);
    });
    this.#closed = new Promise((resolve) => {
      socket.on('close', () => {
        RawWebSocket.open.delete(this);
        resolve();
      });
    });
  }

  /** Connects, and resolves once the bridge has accepted the upgrade. @throws If it has not. */
  static async connect(port: number, opening: RawConnectOptions = {}): Promise<RawWebSocket> {
    const { path, early = NO_BYTES, startsPaused = false, onData = () => {} } = opening;
    const { origin, subprotocol } = opening;
    const socket = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true });
    const webSocket = new RawWebSocket(socket, onData);
    const headers = { Origin: origin, 'Sec-WebSocket-Protocol': subprotocol };
    socket.write(Buffer.concat([Buffer.from(upgradeRequest(path, headers)), early]));
    const rest = await acceptedUpgrade(socket, subprotocol);
    if (startsPaused) socket.pause();
    socket.on('data', (chunk: Buffer) => webSocket.#receive(chunk));
    socket.on('end', () => webSocket.#onEnd());
    if (!startsPaused) socket.resume();
    webSocket.#receive(rest);
    return webSocket;
  }

  /**
   * Sends bytes, but none after a close frame. Pending control frames, such as a pong or a close
   * frame in response, wait until the current frame is complete.
   *
   * @returns Whether there is room for more; otherwise the socket emits `drain` later.
   */
  send(bytes: Buffer, endsFrame = true): boolean {
    if (this.hasSentClose) return true;
    const hasRoom = this.socket.write(bytes);
    this.#isMidFrame = !endsFrame;
    this.#sendPending();
    return hasRoom;
  }

  /** Sends a close frame with this payload; an empty payload has no code. */
  close(payload = closePayload(1000)): void {
    if (this.hasSentClose) return;
    this.socket.write(frame({ opcode: OPCODE.close, payload }));
    this.hasSentClose = true;
  }

  /** Resolves with how the connection ended. @throws If it does not end in time. */
  async ended(): Promise<WebSocketEnding> {
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<never>((_, reject) => {
      const progress = () => `${this.received} bytes received, ${JSON.stringify(this.#ending)}`;
      timer = setTimeout(() => reject(new Error(`did not end: ${progress()}`)), HANG_LIMIT_MS);
    });
    await Promise.race([this.#closed, tooLong]).finally(() => clearTimeout(timer));
    return this.#ending;
  }

  /** Closes without a close frame. */
  async disconnect(): Promise<void> {
    this.socket.destroy();
    await this.#closed;
  }

  #receive(chunk: Buffer): void {
    if (chunk.length === 0) return;
    try {
      if (this.hasReceivedClose) throw new Error('bytes after the close frame');
      this.#frames.push(chunk);
    } catch (error) {
      this.#ending.error ??= String(error);
      this.socket.destroy();
    }
  }

  #onEnd(): void {
    this.#ending.isClean = this.hasReceivedClose && this.#ending.error === undefined;
    this.socket.end();
  }

  #onControl(opcode: number, payload: Buffer): void {
    if (this.hasReceivedClose) throw new Error(`opcode ${opcode} after the close frame`);
    if (opcode === OPCODE.pong) this.pongs.push(payload.toString('latin1'));
    else if (opcode === OPCODE.ping) this.#onPing(payload);
    else if (opcode === OPCODE.close) this.#onClose(payload);
    else throw new Error(`opcode ${opcode}`);
    this.#sendPending();
  }

  #onPing(payload: Buffer): void {
    this.pings++;
    this.#pending.push(frame({ opcode: OPCODE.pong, payload }));
  }

  #onClose(payload: Buffer): void {
    this.hasReceivedClose = true;
    this.#ending.code = payload.length === 0 ? undefined : payload.readUInt16BE();
    this.#ending.reason = new TextDecoder('utf-8', { fatal: true }).decode(payload.subarray(2));
  }

  #sendPending(): void {
    if (this.#isMidFrame || this.hasSentClose) return;
    for (const bytes of this.#pending.splice(0)) this.socket.write(bytes);
    if (!this.hasReceivedClose) return;
    const { code } = this.#ending;
    this.close(code === undefined ? NO_BYTES : closePayload(code));
  }
}

/** Resolves with the bytes after the bridge's response, which must be 101 with the subprotocol. */
async function acceptedUpgrade(socket: Socket, subprotocol?: string): Promise<Buffer> {
  const { head, rest } = await responseHead(socket);
  if (!head.startsWith('HTTP/1.1 101 ')) throw new Error(`not upgraded: ${head}`);
  const [, selected] = /^sec-websocket-protocol: (.*)$/im.exec(head) ?? [];
  if (selected !== subprotocol) throw new Error(`the subprotocol is ${selected}`);
  return rest;
}
