// How often and how long. Everybody who is compared has a turn in every round.

export const ROUNDS = 5;
export const SECONDS = 2;
