// @ts-check
// A function's process: loads its bundle, then answers one event after the other, as Lambda has it do.
// Plain JavaScript, since what strips types would be counted among its memory.
const [file = ''] = process.argv.slice(2);
const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 60_000 };
const { handler } = await import(file);

process.on('message', async (event) => {
  const before = process.cpuUsage();
  const began = performance.now();
  const answer = await handler(event, context);
  const { user, system } = process.cpuUsage(before);
  const memoryMb = process.resourceUsage().maxRSS / 1024;
  globalThis.gc?.();
  process.send?.({
    answer: answer ?? null,
    tookMs: performance.now() - began,
    // Since the process began.
    atMs: performance.now(),
    cpuMs: (user + system) / 1000,
    // The most that it ever had, and what it still holds.
    memoryMb,
    heldMb: process.memoryUsage().heapUsed / 1024 ** 2,
  });
});
process.send?.('loaded');
