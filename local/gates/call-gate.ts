import type { AwsAnswer, Principal, StageContext } from '../service.ts';
import { conflicting, failing, throttled } from './aws-refusals.ts';
import type { Happening, Met } from './gates.ts';
import { namesOfFunction } from './names.ts';
import { waitAt } from './wait.ts';

/** A signed call at one of the stage's AWS endpoints. */
export interface GatedCall {
  readonly service: string;
  /** The method where there is no action. */
  readonly action: string;
  readonly principal: Principal;
  /** Of the credentials that signed it: one process of a function has them. */
  readonly accessKeyId: string;
  readonly url: string;
  readonly body: Buffer;
}

/** The answer of a call, or none: then its connection is to be cut. */
export type Passage = AwsAnswer | undefined;

/** Does the call, through whatever gate stands in its way. Throws what `perform` throws, and faults of gates. */
export async function passCall(
  context: StageContext,
  call: GatedCall,
  perform: () => AwsAnswer | Promise<AwsAnswer>,
): Promise<Passage> {
  const met = context.gates.meet(happeningOf(context, call));
  if (met === undefined) return perform();
  if (met.gate.when === 'before') {
    const instead = await act(context, met, call);
    return instead === 'nothing' ? perform() : instead;
  }
  const answer = await perform();
  const instead = await act(context, met, call);
  return instead === 'nothing' ? answer : instead;
}

function happeningOf({ assembly }: StageContext, call: GatedCall): Happening {
  const { service, action, principal, url, body } = call;
  return {
    at: 'call',
    by: namesOfFunction(assembly, principal.name),
    what: [`${service}:${action}`],
    // A connection id stands in the path with its `=` encoded.
    text: () => `${url.replaceAll('%3D', '=')}\n${body}`,
  };
}

/** What the gate answers instead, and otherwise waits for. */
async function act(
  { clock, functions }: StageContext,
  met: Met,
  { service, action, accessKeyId, body }: GatedCall,
): Promise<Passage | 'nothing'> {
  switch (met.gate.do) {
    case 'hold':
    case 'delay':
      await waitAt(clock, met);
      return 'nothing';
    case 'error':
      throw failing(service);
    case 'throttle':
      return throttled(service, action, body);
    case 'conflict':
      return conflicting(action, body);
    case 'gone':
      return { status: 410, headers: { 'x-amzn-errortype': 'GoneException' } };
    case 'pretend':
      return { status: 200 };
    case 'kill':
      functions.kill(accessKeyId);
      return undefined;
    default:
      return undefined;
  }
}
