// How often and how long each program is measured. Every program is measured in every round.

export const ROUNDS = 5;
export const SECONDS = 2;
