/**
 * One fresh process: imports a bundle, invokes its handler, then some more times for the warm figure. Prints one line of
 * JSON. A fault is a result like any other here; which one it is stands in `outcome`.
 */
const [bundle, eventJson, warmRuns] = process.argv.slice(2);
for (const method of ['log', 'info', 'warn', 'error', 'debug']) console[method] = () => undefined;
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = () => true;

const context = {
  functionName: 'bench',
  functionVersion: '1',
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:123456789012:function:bench',
  memoryLimitInMB: '512',
  awsRequestId: 'bench',
  getRemainingTimeInMillis: () => 30_000,
};
const startMs = performance.now();
const cpu = process.cpuUsage();
const { handler } = await import(bundle);
const importedMs = performance.now();
const invoke = async () => {
  try {
    await handler(JSON.parse(eventJson), context);
    return 'ok';
  } catch (error) {
    return error?.name ?? 'unknown';
  }
};
const outcome = await invoke();
const endMs = performance.now();
const used = process.cpuUsage(cpu);

const warm = [];
let warmCpuMs = 0;
for (let run = 0; run < Number(warmRuns); run++) {
  // The ledger is as it was before the first one: else most would find their work done.
  await fetch(`${process.env.AWS_ENDPOINT_URL}/reset`);
  const before = performance.now();
  const cpuBefore = process.cpuUsage();
  await invoke();
  warm.push(performance.now() - before);
  const now = process.cpuUsage(cpuBefore);
  if (run >= Number(warmRuns) / 2) warmCpuMs += (now.user + now.system) / 1000 / (Number(warmRuns) / 2);
}
warm.sort((a, b) => a - b);
const result = {
  outcome,
  importMs: importedMs - startMs,
  coldMs: endMs - startMs,
  coldCpuMs: (used.user + used.system) / 1000,
  warmMs: warm[Math.floor(warm.length / 2)] ?? 0,
  warmCpuMs,
  rssMib: process.memoryUsage.rss() / 1024 / 1024,
};
write(`${JSON.stringify(result)}\n`, () => process.exit(0));
