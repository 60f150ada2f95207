import { SUB_PROTOCOL } from '../contract/names.ts';
import { isTooDeep } from './json.ts';

/**
 * What a client offers beside the name of our protocol: JSON in URL-safe base64, since names of
 * sub-protocols are no place for quotes. Undefined when it offers anything else.
 */
export function readOffer(header: string): unknown {
  const offered = header.split(',').map((name) => name.trim());
  const [other, ...more] = offered.filter((name) => name !== SUB_PROTOCOL);
  if (other === undefined || more.length > 0 || !offered.includes(SUB_PROTOCOL)) return undefined;
  const text = Buffer.from(other, 'base64url').toString();
  if (isTooDeep(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
