/** `90 s`, and from two minutes on `3 min`, never less than it is. */
export const timeText = (seconds: number): string =>
  seconds >= 120 ? `${Math.ceil(seconds / 60)} min` : `${seconds} s`;
