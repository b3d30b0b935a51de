/**
 * Returns how many files this process may have open: the soft limit of getrlimit(2), which Node
 * raises to the hard limit when it starts. On Windows, which has none, infinity.
 */
export function maxOpenFiles(): number {
  const report: { userLimits?: { open_files?: { soft?: unknown } } } = process.report.getReport();
  const soft = report.userLimits?.open_files?.soft;
  return typeof soft === 'number' ? soft : Number.POSITIVE_INFINITY;
}
