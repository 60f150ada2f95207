import type * as z from 'zod/mini';
import { Refusal } from '../../contract/refusals.ts';

/** The value as this shape has it. Refuses `malformed`, and says which field is wrong; never its value. */
export function readShape<Shape>(value: unknown, shape: z.ZodMiniType<Shape>): Shape {
  const read = shape.safeParse(value);
  if (read.success) return read.data;
  const path = read.error.issues[0]?.path.join('.');
  throw new Refusal('malformed', path ? `Look at "${path}".` : undefined);
}
