/** A test for any of these IAM patterns: `*` stands for any run of characters, `?` for one. */
export function anyOf(patterns: readonly string[], flags = ''): (text: string) => boolean {
  const matcher = new RegExp(`^(?:${patterns.map(sourceOf).join('|')})$`, `s${flags}`);
  return (text) => matcher.test(text);
}

/** As `anyOf`, but no wildcard reaches over a colon of the ARN's first five parts. */
export function anyArnOf(patterns: readonly string[]): (arn: string) => boolean {
  const candidates = patterns.map((pattern) => partsOf(pattern).map((part) => anyOf([part])));
  return (arn) => {
    const parts = partsOf(arn);
    return candidates.some(
      (tests) =>
        tests.length === parts.length && tests.every((matches, at) => matches(parts[at] ?? '')),
    );
  };
}

function sourceOf(pattern: string): string {
  return pattern
    .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
}

function partsOf(arn: string): string[] {
  const parts = arn.split(':');
  return [...parts.slice(0, 5), parts.slice(5).join(':')];
}
