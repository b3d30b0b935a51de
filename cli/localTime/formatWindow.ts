// Shows times and windows to people, in the zone of this process: `Fri 27 Nov 2026 18:00–20:00 CET`.

interface ShownTime {
  /** `Fri 27 Nov 2026` */
  day: string;
  /** `18:00`, with seconds only if there are any. */
  time: string;
  /** `CET`, or `GMT-5` for a zone that English in Europe has no name for. */
  zone: string;
}

/** `Fri 27 Nov 2026 18:00 CET` */
export function formatLocalTime(timeMs: number): string {
  const { day, time, zone } = shown(timeMs);
  return `${day} ${time} ${zone}`;
}

/** `Fri 27 Nov 2026` */
export function formatLocalDay(timeMs: number): string {
  return shown(timeMs).day;
}

/** @param window At least one side is defined. */
export function formatWindow({ fromMs, untilMs }: { fromMs?: number; untilMs?: number }): string {
  if (untilMs === undefined) {
    return fromMs === undefined ? 'always' : `from ${formatLocalTime(fromMs)}`;
  }
  if (fromMs === undefined) return `until ${formatLocalTime(untilMs)}`;
  const [from, until] = [shown(fromMs), shown(untilMs)];
  if (from.zone !== until.zone) return `${formatLocalTime(fromMs)} – ${formatLocalTime(untilMs)}`;
  return from.day === until.day
    ? `${from.day} ${from.time}–${until.time} ${until.zone}`
    : `${from.day} ${from.time} – ${formatLocalTime(untilMs)}`;
}

function shown(timeMs: number): ShownTime {
  const parts = new Intl.DateTimeFormat('en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  }).formatToParts(timeMs);
  const part = (name: Intl.DateTimeFormatPartTypes) =>
    parts.find(({ type }) => type === name)?.value ?? '';
  const seconds = part('second') === '00' ? '' : `:${part('second')}`;
  return {
    day: `${part('weekday')} ${part('day')} ${part('month')} ${part('year')}`,
    time: `${part('hour')}:${part('minute')}${seconds}`,
    zone: part('timeZoneName'),
  };
}
