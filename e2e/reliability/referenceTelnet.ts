// Telnet as a target speaks it, written apart from the bridge's (RFC 854).

/** Commands that are no data, and need no answer: NOP, GA, WONT 24, and a subnegotiation. */
const COMMANDS = ['\xff\xf1', '\xff\xf9', '\xff\xfc\x18', '\xff\xfa\x18\x01\xff\xff\r\0\xff\xf0'];

/** How data is sent: 0xFF twice, and NUL after a CR that no LF follows. */
export function telnetData(data: Buffer): Buffer {
  const text = data.toString('latin1').replaceAll('\xff', '\xff\xff');
  return Buffer.from(text.replace(/\r(?!\n|$)/g, '\r\0'), 'latin1');
}

/** The same, with commands at random places. */
export function telnetStream(data: Buffer, random: () => number): Buffer {
  const text = telnetData(data).toString('latin1');
  const places = Array.from({ length: 20 }, () => Math.floor(random() * text.length));
  const pieces: string[] = [];
  let from = 0;
  for (const place of places.toSorted((a, b) => a - b)) {
    pieces.push(text.slice(from, place));
    from = place;
    // A command must not stand between the two bytes of IAC IAC.
    const isEscaped =
      (/\xff*$/.exec(text.slice(Math.max(0, from - 100), from))?.[0].length ?? 0) % 2;
    if (isEscaped === 0) pieces.push(COMMANDS[Math.floor(random() * COMMANDS.length)] ?? '');
  }
  return Buffer.from(pieces.join('') + text.slice(from), 'latin1');
}
