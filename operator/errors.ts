/** What whoever asked can mend: the command line, the file of outputs, a name that nobody knows. */
export class UsageError extends Error {}

/** What the other side refused, in its own words. */
export class Refused extends Error {}
