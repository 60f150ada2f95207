import { FRAME_BYTES, TOPICS_PER_REQUEST } from '../contract/limits.ts';

interface Named {
  readonly name: string;
}

/** A topic is named by itself and by its cursor, which has an epoch of at most 64 characters. */
const bytesOf = ({ name }: Named): number => 2 * name.length + 160;

/** The first of these topics, as many as one request may name, and one frame holds with room to spare. */
export function fitting<Topic extends Named>(
  topics: readonly Topic[],
  most: number = TOPICS_PER_REQUEST,
): Topic[] {
  let room = FRAME_BYTES / 2;
  return topics.slice(0, most).filter((topic) => {
    room -= bytesOf(topic);
    return room >= 0;
  });
}
