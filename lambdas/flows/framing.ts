import { MESSAGE_BYTES } from '../../contract/limits.ts';
import type { Accepted } from '../../contract/protocol.ts';
import { topicOfKey } from '../../contract/tables.ts';
import { type Carried, longestFrameBytes, notificationFrame } from '../../rules/frames.ts';
import { packFrames } from '../../rules/pack.ts';
import { carriedOf } from '../../rules/reference.ts';
import { continuesFrom, isSame, visibleEpoch } from '../../rules/sequence.ts';
import { httpUrl, settings } from '../platform/environment.ts';
import type { Reaches } from '../platform/reach.ts';
import { getPayload } from '../stores/notifications.ts';
import type { Route } from './routes.ts';
import type { Stamped } from './stamp.ts';

type Reach = Reaches<{ notifications: 'get' }>;

/** The messages of one batch as frames, in order. */
export interface Framing {
  /** For this route: without what its own session caused, in a form that its connections understand. */
  for(route: Route): Promise<readonly string[]>;
  /** Which messages they are, for whoever tells that they did not arrive. */
  readonly about: { readonly topic: string; readonly from?: number; readonly upTo?: number };
}

interface Framed {
  readonly message: Stamped;
  readonly carried: Carried;
  /** As nearly every session gets it. */
  readonly frame: string;
}

/** Frames that nearly all routes share are made once: neither spliced nor packed for each. */
export function framing(reach: Reach, key: string, messages: readonly Stamped[]): Framing {
  const { tenant, topic } = topicOfKey(key);

  const frameOf = ({ seq, epoch, id, at }: Stamped, from: number, carried: Carried): string => {
    const after = from === seq - 1 ? undefined : from;
    const shown = visibleEpoch(epoch, settings.EPOCH());
    const envelope = { type: 'notification', topic, epoch: shown, seq, after, id, at } as const;
    return notificationFrame(envelope, carried);
  };

  const refer = (message: Stamped): Carried => carriedOf(message, topic, httpUrl);

  /** Who does not know references is sent the whole message as long as API Gateway takes it. */
  const carryWhole = async (message: Stamped): Promise<Carried> => {
    if (message.payload === undefined && message.bytes < MESSAGE_BYTES) {
      const payload = (await getPayload(reach, tenant, message.id))?.payload;
      const isCarried =
        payload !== undefined && longestFrameBytes(topic, message.id, payload) <= MESSAGE_BYTES;
      if (isCarried) return { payload };
    }
    return refer(message);
  };

  const frameAll = async (carry: (message: Stamped) => Carried | Promise<Carried>) => {
    const all: Framed[] = [];
    for (const message of messages) {
      const carried = await carry(message);
      all.push({ message, carried, frame: frameOf(message, message.seq - 1, carried) });
    }
    return all;
  };

  const referring = lazily(() => frameAll(refer));
  const areAllSmall = messages.every(({ payload }) => payload !== undefined);
  const whole = areAllSmall ? referring : lazily(() => frameAll(carryWhole));
  const packed = lazily(async () => packFrames((await referring()).map(({ frame }) => frame)));

  const [first, last] = [messages[0], messages.at(-1)];
  return {
    about: { topic, ...(first && { from: first.seq }), ...(last && { upTo: last.seq }) },
    async for({ session, accepts }) {
      const framed = await (knows(accepts, 'references') ? referring() : whole());
      const theirs = framed.filter(
        ({ message: { origin } }) => !(origin && isSame(origin, session)),
      );
      const frames = theirs.map(({ message, carried, frame }) => {
        const from = continuesFrom(message.seq, message.run, session);
        return from === message.seq - 1 ? frame : frameOf(message, from, carried);
      });
      if (frames.length < 2 || !knows(accepts, 'packs')) return frames;
      const shared = await referring();
      const areShared =
        frames.length === shared.length && frames.every((frame, at) => frame === shared[at]?.frame);
      return areShared ? packed() : packFrames(frames);
    },
  };
}

const knows = (accepts: readonly Accepted[], form: Accepted): boolean => accepts.includes(form);

function lazily<Made>(make: () => Promise<Made>): () => Promise<Made> {
  let made: Promise<Made> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
