// Splits the chunks of a stream into lines.

export class LineBuffer {
  #rest = '';

  /** @returns The lines that this chunk completes, without their LFs. */
  push(chunk: string): string[] {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines;
  }
}
