import { type AwsAnswer, type AwsCall, AwsFault, type StageContext } from '../service.ts';
import { asking, type Consumption, counted, isCountable } from './consumption.ts';
import { API, type Engine, type EngineAnswer } from './engine.ts';
import type { FrozenIndexes } from './frozen-indexes.ts';
import { errandOf } from './rights.ts';
import type { Streams } from './streams.ts';
import type { Table } from './tables.ts';

/** What the gate needs of the rest of the folder. */
interface GateProps {
  readonly context: StageContext;
  readonly engine: Engine;
  readonly streams: Streams;
  readonly frozen: FrozenIndexes;
  readonly tables: readonly Table[];
}

const LIMIT = 16 * 1_048_576;
/** The engine lives in a region of its own. */
const ENGINE_ARN = /arn:aws:dynamodb:dynoxide:\d{12}:/g;

/**
 * The way to the engine: a request is authorized table by table, then passed on as it came, and so is the answer.
 * Only what the call took is asked for besides, and told to the trace instead of to the caller. Refuses with
 * AWS's faults.
 */
export function createGate({ context, engine, streams, frozen, tables }: GateProps) {
  const { access, region, account } = context;
  const logicalIds = new Map(tables.map(({ name, logicalId }) => [name, logicalId]));
  const prefix = `arn:aws:dynamodb:${region}:${account}:`;

  return async (call: AwsCall): Promise<AwsAnswer> => {
    const { action, body, principal } = call;
    if (call.headers['x-amz-target'] !== `${API}.${action}`) {
      throw new AwsFault(
        'UnknownOperationException',
        'The local stage hands streams to event source mappings; it has no DynamoDB Streams API.',
      );
    }
    const input = parse(body);
    const { demands, written } = errandOf(action, input);
    for (const [right, table] of demands) {
      const resource = table === '*' ? table : `${prefix}table/${table}`;
      access.demand(principal, `dynamodb:${right}`, resource);
    }
    const past = await frozen.query(action, body);
    const { answer, consumed } = past
      ? { answer: past, consumed: {} }
      : await forward(engine, action, body, isCountable(action, input));
    if (answer.status === 200) for (const table of written) streams.wake(table);
    const [[, first = ''] = []] = demands;
    const on = logicalIds.get(first.replace(/\/.*/, '')) ?? '';
    const told = { on, detail: { ...consumed } };
    return action === 'DescribeTable' || past
      ? { ...inOurRegion(answer, prefix), ...told }
      : { ...asItCame(answer), ...told };
  };
}

function parse(body: Buffer): Readonly<Record<string, unknown>> {
  if (body.length > LIMIT) throw new AwsFault('ValidationException', 'Request is too large', 413);
  try {
    const input: unknown = JSON.parse(body.toString());
    if (typeof input === 'object' && input !== null) return input as Record<string, unknown>;
  } catch {
    // Refused below, like everything that is no object.
  }
  throw new AwsFault('SerializationException', 'The request body is no JSON object');
}

async function forward(
  engine: Engine,
  action: string,
  body: Buffer,
  isCounted: boolean,
): Promise<{ readonly answer: EngineAnswer; readonly consumed: Consumption }> {
  try {
    const answer = await engine.send(`${API}.${action}`, isCounted ? asking(body) : body);
    return isCounted ? counted(action, answer) : { answer, consumed: {} };
  } catch (cause) {
    const fault = new AwsFault('InternalServerError', 'The DynamoDB engine does not answer', 500);
    fault.cause = cause;
    throw fault;
  }
}

function asItCame({ status, headers, body }: EngineAnswer): AwsAnswer {
  return {
    status,
    headers: {
      'content-type': headers['content-type'] ?? 'application/x-amz-json-1.0',
      'x-amz-crc32': String(headers['x-amz-crc32']),
      'x-amzn-requestid': String(headers['x-amzn-requestid']),
    },
    body,
  };
}

function inOurRegion({ status, headers, body }: EngineAnswer, prefix: string): AwsAnswer {
  return {
    status,
    headers: {
      'content-type': headers['content-type'] ?? 'application/x-amz-json-1.0',
      'x-amzn-requestid': String(headers['x-amzn-requestid']),
    },
    body: body.toString().replace(ENGINE_ARN, prefix),
  };
}
