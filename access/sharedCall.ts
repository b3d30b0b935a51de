// One call of a function for all who call it simultaneously.

/** @returns A function that, while a call is in progress, returns the result of that call. */
export function sharedCall<Result>(call: () => Promise<Result>): () => Promise<Result> {
  let inProgress: Promise<Result> | undefined;
  return () => {
    inProgress ??= call().finally(() => {
      inProgress = undefined;
    });
    return inProgress;
  };
}
