/** A value in DynamoDB JSON: `{ "S": "text" }`. */
type AttributeValue = Readonly<Record<string, unknown>>;
export type Item = Readonly<Record<string, AttributeValue>>;

/** The bytes that DynamoDB counts for an item: names and values (D, "DynamoDB item sizes and formats"). */
export function itemSize(item: Item): number {
  let bytes = 0;
  for (const name in item) bytes += Buffer.byteLength(name) + valueSize(item[name] ?? {});
  return bytes;
}

function valueSize(value: AttributeValue): number {
  const [[type, content] = ['NULL', true]] = Object.entries(value);
  switch (type) {
    case 'S':
      return Buffer.byteLength(String(content));
    case 'N':
      return numberSize(String(content));
    case 'B':
      return Buffer.byteLength(String(content), 'base64');
    case 'SS':
    case 'NS':
    case 'BS':
      return sum(content, (one) => valueSize({ [type.charAt(0)]: one }));
    case 'L':
      return 3 + sum(content, (one) => 1 + valueSize(one as AttributeValue));
    case 'M':
      return 3 + Object.keys(content as Item).length + itemSize(content as Item);
    default:
      return 1; // BOOL and NULL
  }
}

/** One byte for two significant digits, and one more; a sign takes another. */
function numberSize(number: string): number {
  const digits = number.replace(/[eE].*$|[-+.]/g, '').replace(/^0+|0+$/g, '');
  return Math.ceil(digits.length / 2) + 1 + (number.startsWith('-') ? 1 : 0);
}

function sum(values: unknown, sizeOf: (value: unknown) => number): number {
  return Array.isArray(values) ? values.reduce((total: number, one) => total + sizeOf(one), 0) : 0;
}
