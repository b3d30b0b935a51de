// How many files a process may have open.

/** The limit of getrlimit(2), which Node has raised as far as it goes; none on Windows. */
export function descriptorLimit(): number {
  const report: { userLimits?: { open_files?: { soft?: unknown } } } = process.report.getReport();
  const soft = report.userLimits?.open_files?.soft;
  return typeof soft === 'number' ? soft : Number.POSITIVE_INFINITY;
}
