import { rounded } from '../figures.ts';
import { type Bill, billsOf, deliveriesOf, totalOf } from './bill.ts';
import { countUnits } from './measure.ts';
import { type Asked, HELP, readAsked } from './workload.ts';

async function main(args: readonly string[]): Promise<number> {
  let asked: Asked | undefined;
  try {
    asked = readAsked(args);
  } catch (fault) {
    console.error(`${fault instanceof Error ? fault.message : fault}\n\n${HELP}`);
    return 1;
  }
  if (asked === undefined) {
    console.log(HELP);
    return 0;
  }
  console.error('Counting request units on the local engine …');
  const bills = billsOf(asked, await countUnits());
  const { json, ...workload } = asked;
  console.log(
    json ? JSON.stringify({ asked: workload, ways: waysOf(asked, bills) }) : table(asked, bills),
  );
  return 0;
}

const perMillion = (asked: Asked, dollars: number): number =>
  rounded((dollars / deliveriesOf(asked)) * 1e6);

const waysOf = (asked: Asked, bills: Readonly<Record<string, Bill>>) =>
  Object.fromEntries(
    Object.entries(bills).map(([name, bill]) => [
      name,
      {
        dollarsPerMillionDeliveries: perMillion(asked, totalOf(bill)),
        dollarsPerMonth: rounded(totalOf(bill)),
        parts: Object.fromEntries(
          Object.entries(bill.parts).map(([part, dollars]) => [part, perMillion(asked, dollars)]),
        ),
      },
    ]),
  );

function table(asked: Asked, bills: Readonly<Record<string, Bill>>): string {
  const { clients, fanout, deliveriesAMinute, bytes, reconnectMinutes } = asked;
  const lines = Object.entries(bills).flatMap(([name, bill]) => [
    `${name.padEnd(14)} ${`$${perMillion(asked, totalOf(bill))}`.padStart(9)} ${`$${Math.round(totalOf(bill))}`.padStart(11)}   ${Object.entries(
      bill.parts,
    )
      .map(([part, dollars]) => `${part} ${perMillion(asked, dollars)}`)
      .join(' · ')}`,
    `${' '.repeat(38)}${bill.says}`,
  ]);
  return [
    `${clients} clients, ${deliveriesAMinute} message a minute each of ${bytes} bytes, ${fanout} recipients a publish, a reconnect every ${reconnectMinutes} min`,
    '',
    `${''.padEnd(14)} ${'a million'.padStart(9)} ${'a month'.padStart(11)}   of a million`,
    ...lines,
    '',
    'Request units were counted by the local engine just now. Prices are lists as known on the day that',
    'bench/prices.ts names, not verified; that a post takes 10 ms is assumed. Nothing was measured on AWS.',
  ].join('\n');
}

process.exitCode = await main(process.argv.slice(2));
