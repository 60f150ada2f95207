import type { Resource, StageContext } from '../service.ts';

/** The bus that every account has without a template. */
export const DEFAULT_BUS = 'default';

/** The name of a bus that is called by its name or by its ARN; the default one where none is called. */
export function busName(named: string | undefined): string {
  return named === undefined || named === ''
    ? DEFAULT_BUS
    : named.replace(/^arn:.*:event-bus\//, '');
}

/** The ARN of a bus that is called by its name or, of whatever account, by its ARN. */
export function busArn({ region, account }: StageContext, named: string | undefined): string {
  if (named?.startsWith('arn:')) return named;
  return `arn:aws:events:${region}:${account}:event-bus/${busName(named)}`;
}

/** Whether the stage has the bus. */
export function hasBus(context: StageContext, named: string | undefined): boolean {
  const arn = busArn(context, named);
  return arn === busArn(context, DEFAULT_BUS) || busResource(context, arn) !== undefined;
}

/** What the trace calls a bus: by its logical id, as the template does. */
export function busLabel(context: StageContext, named: string | undefined): string {
  return busResource(context, busArn(context, named))?.logicalId ?? busName(named);
}

/** The last part of a rule's ARN, on whatever bus it is. */
export function ruleName(ruleArn: string): string {
  return ruleArn.slice(ruleArn.lastIndexOf('/') + 1);
}

function busResource({ assembly }: StageContext, arn: string): Resource | undefined {
  return assembly.find('AWS::Events::EventBus', arn);
}
