/** An error for whoever invoked: Lambda hands an error's stack on, and this one has none. */
export function plainError(message: string, name = 'Error'): Error {
  const error = new Error(message);
  error.name = name;
  error.stack = message;
  return error;
}
