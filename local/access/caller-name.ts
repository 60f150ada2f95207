import type { Assembly, Principal } from '../service.ts';

/** What the trace calls a caller: a function by its logical id, as the template does. */
export function callerName(assembly: Assembly, { kind, name }: Principal): string {
  if (kind !== 'function') return name;
  return assembly.find('AWS::Lambda::Function', name)?.logicalId ?? name;
}
