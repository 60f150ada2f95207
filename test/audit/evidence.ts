import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetQueueAttributesCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { LIFECYCLE_SOURCE, type LifecycleEvent, lifecycleEnvelope } from '../../contract/events.ts';
import { operatorDocuments, operatorOptions } from '../support/people.ts';
import type { Place } from '../support/place.ts';
import { type Rows, readRows } from '../support/rows.ts';

/** What one client handed on to its application, topic by topic. */
export interface Heard {
  readonly who: string;
  /** The topic's key. */
  readonly topic: string;
  /** The position that its subscription began at. */
  readonly from: number;
  /** The numbers in the order in which they were handed on; own ones too. */
  readonly numbers: readonly number[];
}

export interface QueueState {
  readonly name: string;
  /** Where messages end that nobody could take. */
  readonly isEnd: boolean;
  readonly messages: number;
  /** Of those: in the hands of whoever takes from it. */
  readonly inFlight: number;
}

/** Everything that an audit looks at, as it was at one moment, or nearly so. */
export interface Evidence {
  /** ms, by the stage's clock. */
  readonly now: number;
  readonly rows: Rows;
  readonly sockets: {
    readonly since: number;
    readonly open: readonly { readonly connectionId: string; readonly openedAt: number }[];
    readonly ended: readonly { readonly connectionId: string; readonly endedAt: number }[];
  };
  /** What the bus was told of who came and went, in the order in which it was. */
  readonly events: readonly LifecycleEvent[];
  readonly queues: readonly QueueState[];
  /** By file. */
  readonly logs: Readonly<Record<string, string>>;
  readonly heard: readonly Heard[];
  /** By name: what must not stand in any log. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** How an audit sees a stage. */
export interface Eyes {
  look(): Promise<Omit<Evidence, 'heard'>>;
  /** How many messages of queues are in the hands of a function. */
  inFlight(): Promise<number>;
  close(): void;
}

export function openEyes(place: Place): Eyes {
  const documents = operatorDocuments(place);
  const sqs = new SQSClient(operatorOptions(place));
  const secrets = { 'the operator’s key': place.environment.AWS_SECRET_ACCESS_KEY ?? '' };
  return {
    async look() {
      // Sockets first: one that opens meanwhile has no row yet to be asked for, and is left out.
      const { now } = await ask<{ now: string }>(place, 'clock');
      const sockets = await ask<Evidence['sockets']>(place, 'sockets');
      const [rows, queues] = await Promise.all([
        readRows(documents as DynamoDBDocumentClient, place),
        readQueues(sqs),
      ]);
      const events = readEvents(place.directory);
      return {
        now: Date.parse(now),
        rows,
        sockets,
        events,
        queues,
        logs: readLogs(place),
        secrets,
      };
    },
    async inFlight() {
      const queues = await readQueues(sqs);
      return queues.reduce((sum, queue) => sum + queue.inFlight, 0);
    },
    close() {
      documents.destroy();
      sqs.destroy();
    },
  };
}

async function ask<Answer>({ urls }: Place, what: string): Promise<Answer> {
  const response = await fetch(`${urls.console}/stage/${what}`);
  return (await response.json()) as Answer;
}

async function readQueues(sqs: SQSClient): Promise<QueueState[]> {
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
  const all = await Promise.all(
    QueueUrls.map(async (QueueUrl) => {
      const { Attributes } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
      );
      const told: Readonly<Record<string, string>> = { ...Attributes };
      const count = (kind: '' | 'NotVisible' | 'Delayed') =>
        Number(told[`ApproximateNumberOfMessages${kind}`] ?? 0);
      return {
        name: QueueUrl.slice(QueueUrl.lastIndexOf('/') + 1),
        isEnd: told.RedrivePolicy === undefined,
        messages: count('') + count('NotVisible') + count('Delayed'),
        inFlight: count('NotVisible'),
      };
    }),
  );
  return all;
}

function readEvents(directory: string): LifecycleEvent[] {
  return linesIn(join(directory, 'archives')).flatMap((line) => {
    const event: unknown = JSON.parse(line);
    if ((event as { source: string }).source !== LIFECYCLE_SOURCE) return [];
    const { 'detail-type': type, detail } = lifecycleEnvelope.parse(event);
    return [{ type, detail }];
  });
}

/** The last line of a file may still be under way. */
const linesIn = (folder: string): string[] =>
  Object.values(filesIn(folder)).flatMap((text) => text.split('\n').slice(0, -1));

const readLogs = ({ directory }: Place): Record<string, string> => filesIn(join(directory, 'logs'));

function filesIn(folder: string): Record<string, string> {
  if (!existsSync(folder)) return {};
  const names = readdirSync(folder);
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}
