// @ts-check
// One cold start, as a function's process sees it: from before its module is asked for to its first
// answer. Plain JavaScript, since stripping types would be measured too.
const [file = '', event = '{}'] = process.argv.slice(2);
const fact = console.info;
console.info = () => {};
const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 60_000 };

const began = performance.now();
const { handler } = await import(file);
const loaded = performance.now();
// A door that lets nobody in without a token says so by an error.
const answer = await handler(JSON.parse(event), context).catch((/** @type {Error} */ fault) => {
  if (fault.message !== 'Unauthorized') throw fault;
  return fault.message;
});
const answered = performance.now();

fact(JSON.stringify({ loadMs: loaded - began, totalMs: answered - began, answer: answer ?? null }));
process.exit();
