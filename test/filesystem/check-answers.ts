/** Reads every answer that the scripts gave in the guest with the parser that the functions use. */
import { readFileSync } from 'node:fs';
import { parseGrowth, parseInspection } from '../../functions/storage/ec2/host/results.ts';

const folders = process.argv.slice(2);
const answersOf = (name: string): string[] =>
  folders.flatMap((folder) => readFileSync(`${folder}/${name}`, 'utf8').split('\n--- answer\n').slice(1));
const unreadable = (answers: readonly string[], parse: (stdout: string) => object): string[] =>
  answers.filter((stdout) => JSON.stringify(parse(stdout)) === '{"error":"unreadable-output"}');

for (const [name, parse] of Object.entries({ inspect: parseInspection, grow: parseGrowth })) {
  const answers = answersOf(name);
  const bad = unreadable(answers, parse);
  const good = answers.length > 0 && bad.length === 0;
  console.log(`${good ? 'ok' : 'not ok'} - results.ts reads all ${answers.length} answers of ${name}`);
  for (const stdout of bad) console.log(`# ${stdout}`);
}
