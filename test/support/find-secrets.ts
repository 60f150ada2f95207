/** Where one of these secrets stands in a log, in plain or in one of the usual codings. Names the secret, never shows it. */
export function findSecrets(
  logs: Readonly<Record<string, string>>,
  secrets: Readonly<Record<string, string>>,
): string[] {
  return Object.entries(secrets).flatMap(([name, secret]) => {
    if (secret.length < 4) throw new Error(`${name} is too short to be looked for.`);
    const spellings = new Set([
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
      Buffer.from(secret).toString('base64url'),
    ]);
    return Object.entries(logs)
      .filter(([, text]) => [...spellings].some((spelling) => text.includes(spelling)))
      .map(([log]) => `${name} stands in ${log}`);
  });
}
