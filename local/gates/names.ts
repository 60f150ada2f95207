import type { Assembly } from '../service.ts';

/** The names under which patterns find a function, by its id or ARN. */
export function namesOfFunction(assembly: Assembly, idOrArn: string): readonly string[] {
  const found = assembly.find('AWS::Lambda::Function', idOrArn);
  return found ? [found.logicalId, found.path] : [idOrArn];
}
