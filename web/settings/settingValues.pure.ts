// What a person can choose, and how it is written down. What was written down may be of another
// version, or anybody's: each part that is no choice counts as not chosen.

export interface SettingValues {
  theme: 'system' | 'light' | 'dark';
  contrast: 'system' | 'more';
  /** In px, a whole number from MIN_FONT_SIZE to MAX_FONT_SIZE. */
  fontSize: number;
  input: 'auto' | 'terminal' | 'field';
  maskPassword: boolean;
  notify: boolean;
  lineEnd: 'lf' | 'crlf';
}

export const MIN_FONT_SIZE = 10;
export const MAX_FONT_SIZE = 32;

export const DEFAULTS: Readonly<SettingValues> = {
  theme: 'system',
  contrast: 'system',
  fontSize: 15,
  input: 'auto',
  maskPassword: false,
  notify: false,
  lineEnd: 'lf',
};

/**
 * The choices among any values: one that is none of its kind is the default; a font size is brought
 * into its range.
 */
export function validSettings(values: Readonly<Record<string, unknown>>): SettingValues {
  return {
    theme: oneOf(values['theme'], ['system', 'light', 'dark'], DEFAULTS.theme),
    contrast: oneOf(values['contrast'], ['system', 'more'], DEFAULTS.contrast),
    fontSize: fontSize(values['fontSize']),
    input: oneOf(values['input'], ['auto', 'terminal', 'field'], DEFAULTS.input),
    maskPassword: oneOf(values['maskPassword'], [true, false], DEFAULTS.maskPassword),
    notify: oneOf(values['notify'], [true, false], DEFAULTS.notify),
    lineEnd: oneOf(values['lineEnd'], ['lf', 'crlf'], DEFAULTS.lineEnd),
  };
}

/** Reads what `serializeSettings` wrote. @param text Any text; null where nothing was written. */
export function parseSettings(text: string | null): SettingValues {
  return validSettings(objectIn(text));
}

export function serializeSettings(choices: Readonly<SettingValues>): string {
  return JSON.stringify(choices);
}

function objectIn(text: string | null): Record<string, unknown> {
  if (text === null) return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? { ...value } : {};
  } catch {
    return {};
  }
}

function oneOf<T>(value: unknown, choices: readonly T[], otherwise: T): T {
  return choices.find((choice) => choice === value) ?? otherwise;
}

function fontSize(value: unknown): number {
  if (typeof value !== 'number' || Number.isNaN(value)) return DEFAULTS.fontSize;
  return Math.min(MAX_FONT_SIZE, Math.max(MIN_FONT_SIZE, Math.round(value)));
}
