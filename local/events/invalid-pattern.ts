/** What an event pattern that AWS would not accept is refused with. */
export class InvalidPattern extends Error {
  override readonly name = 'InvalidEventPatternException';
}
