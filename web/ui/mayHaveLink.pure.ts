// Tells the texts for which the code for links has to be loaded (links.ts).

export function mayHaveLink(text: string): boolean {
  return /https?:\/\//i.test(text);
}
