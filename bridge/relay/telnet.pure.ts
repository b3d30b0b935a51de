// Telnet, as one end of it: what a target sends becomes plain bytes, and plain bytes become what a
// target expects (RFC 854 and 855). Pure: bytes in, bytes out. TCP chooses the chunk boundaries;
// nothing here depends on them.
//
// From the target:
//
//   state           byte                        next             what becomes of it
//   text            IAC                         command          removed
//                   NUL, directly after CR      text             removed (RFC 854, "NVT printer")
//                   any other                   text             kept
//   command         IAC                         text             kept: IAC IAC is the byte 0xFF
//                   WILL, WONT, DO or DONT      option           removed
//                   SB                          subnegotiation   removed
//                   any other: GA, NOP, AYT, …  text             removed
//   option          any                         text             removed; may be answered
//   subnegotiation  IAC                         subcommand       removed
//                   any other                   subnegotiation   removed
//   subcommand      SE                          text             removed
//                   any other                   subnegotiation   removed
//
// To the target: 0xFF is doubled, and NUL follows a CR that no LF follows. A CR at the end of a
// message waits for the next byte to decide that.
//
// Every option is refused: DO with WONT, WILL with DONT. WONT and DONT need no answer, because no
// option is ever on, so no loop can begin (RFC 1143). The exception is ECHO (RFC 857), which a
// target offers for one of two purposes:
//
//   ECHO      receives                           next      answer
//   off       WILL, with an offer of SGA         off       DONT
//             WILL, without one                  on        DO
//   on        WONT                               off       DONT
//             WILL SGA, with the offer of ECHO   leaving   DONT
//   leaving   WONT or WILL                       off       none
//
// Alone, it asks a client that works line by line not to show what is typed: a password. It is
// accepted, because a target that has been refused never withdraws the offer. Together with
// SUPPRESS-GO-AHEAD, without text between the two, it asks for single characters (RFC 858): then it
// is refused, or every line would be hidden, and come back as an echo.

const IAC = 0xff;
const DONT = 0xfe;
const DO = 0xfd;
const WONT = 0xfc;
const WILL = 0xfb;
const SB = 0xfa;
const SE = 0xf0;

const ECHO = 1;
const SGA = 3;

const NUL = 0;
const LF = 0x0a;
const CR = 0x0d;

/**
 * How many offers are answered until the client sends something: a service negotiates a few dozen
 * times, and a flood of offers must not become a flood of answers.
 */
export const MAX_ANSWERS = 1024;

type State =
  | { readonly in: 'text' | 'command' | 'subnegotiation' | 'subcommand' }
  | { readonly in: 'option'; readonly verb: number };

type EchoState =
  | { readonly is: 'off' }
  /** `atText`: how much text came before the offer. */
  | { readonly is: 'on'; readonly atText: number }
  | { readonly is: 'leaving' };

const TEXT: State = { in: 'text' };
const COMMAND: State = { in: 'command' };
const SUBNEGOTIATION: State = { in: 'subnegotiation' };
const SUBCOMMAND: State = { in: 'subcommand' };
const OFF: EchoState = { is: 'off' };

export class Telnet {
  #state: State = TEXT;
  /** Whether the last byte of text from the target was a CR, also if a command has followed it. */
  #isAfterCr = false;
  #echo: EchoState = OFF;
  /** How many bytes of text have come from the target. */
  #textBytes = 0;
  /** How many had come when the target last offered SGA. */
  #sgaAtText = -1;
  #answers: number[] = [];
  #answersLeft = MAX_ANSWERS;
  /** Whether the last byte from the client was a CR, so that NUL may have to follow. */
  #isCrOpen = false;

  /** Whether the target asks not to show what is typed. */
  get hidesInput(): boolean {
    return this.#echo.is === 'on';
  }

  /**
   * Decodes the next bytes from the target, in place.
   *
   * @returns How many bytes of text there are now, at the start of `bytes`.
   */
  decode(bytes: Uint8Array): number {
    let kept = 0;
    for (const byte of bytes) {
      if (!this.#isText(byte)) continue;
      bytes[kept++] = byte;
      this.#textBytes++;
    }
    return kept;
  }

  /** Takes the answers to what was decoded. The target must get them. */
  takeAnswers(): Uint8Array {
    const answers = Uint8Array.from(this.#answers);
    this.#answers = [];
    return answers;
  }

  /** Encodes the next bytes from the client. They stay as they are if nothing has to be added. */
  encode(bytes: Uint8Array): Uint8Array {
    this.#answersLeft = MAX_ANSWERS;
    const added = this.#addedBytes(bytes);
    const encoded = added === 0 ? bytes : this.#expand(bytes, added);
    if (bytes.length > 0) this.#isCrOpen = bytes.at(-1) === CR;
    return encoded;
  }

  #addedBytes(bytes: Uint8Array): number {
    let added = 0;
    let isCrOpen = this.#isCrOpen;
    for (const byte of bytes) {
      if (isCrOpen && byte !== LF) added++;
      if (byte === IAC) added++;
      isCrOpen = byte === CR;
    }
    return added;
  }

  #expand(bytes: Uint8Array, added: number): Uint8Array {
    const encoded = new Uint8Array(bytes.length + added);
    let end = 0;
    let isCrOpen = this.#isCrOpen;
    for (const byte of bytes) {
      if (isCrOpen && byte !== LF) encoded[end++] = NUL;
      if (byte === IAC) encoded[end++] = IAC;
      encoded[end++] = byte;
      isCrOpen = byte === CR;
    }
    return encoded;
  }

  /** Makes the move of a byte from the target, and returns whether it is text. */
  #isText(byte: number): boolean {
    const state = this.#state;
    switch (state.in) {
      case 'text': {
        if (byte === IAC) {
          this.#state = COMMAND;
          return false;
        }
        const isPadding = byte === NUL && this.#isAfterCr;
        this.#isAfterCr = byte === CR;
        return !isPadding;
      }
      case 'command':
        this.#state = afterCommand(byte);
        if (byte === IAC) this.#isAfterCr = false;
        return byte === IAC;
      case 'option':
        this.#state = TEXT;
        this.#negotiate(state.verb, byte);
        return false;
      case 'subnegotiation':
        if (byte === IAC) this.#state = SUBCOMMAND;
        return false;
      case 'subcommand':
        this.#state = byte === SE ? TEXT : SUBNEGOTIATION;
        return false;
    }
  }

  #negotiate(verb: number, option: number): void {
    if (option === ECHO && verb === WILL) this.#echoOffered();
    else if (option === ECHO && verb === WONT) this.#echoEnded();
    else if (verb === DO) this.#answer(WONT, option);
    else if (verb === WILL) this.#answer(DONT, option);
    if (option === SGA && verb === WILL) this.#sgaOffered();
  }

  #echoOffered(): void {
    if (this.#echo.is === 'leaving') this.#echo = OFF;
    else if (this.#echo.is === 'off' && this.#sgaAtText === this.#textBytes) {
      this.#answer(DONT, ECHO);
    } else if (this.#echo.is === 'off') {
      this.#echo = { is: 'on', atText: this.#textBytes };
      this.#answer(DO, ECHO);
    }
  }

  #echoEnded(): void {
    if (this.#echo.is === 'on') this.#answer(DONT, ECHO);
    this.#echo = OFF;
  }

  #sgaOffered(): void {
    this.#sgaAtText = this.#textBytes;
    if (this.#echo.is !== 'on' || this.#echo.atText !== this.#textBytes) return;
    this.#echo = { is: 'leaving' };
    this.#answer(DONT, ECHO);
  }

  #answer(verb: number, option: number): void {
    if (this.#answersLeft === 0) return;
    this.#answersLeft--;
    this.#answers.push(IAC, verb, option);
  }
}

function afterCommand(byte: number): State {
  switch (byte) {
    case WILL:
    case WONT:
    case DO:
    case DONT:
      return { in: 'option', verb: byte };
    case SB:
      return SUBNEGOTIATION;
    default:
      return TEXT;
  }
}
