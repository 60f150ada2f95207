import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPerson } from '../support/people.ts';
import { openSocket } from '../support/socket.ts';
import { startTestStage, type Template } from '../support/stage.ts';
import { until } from '../support/until.ts';

type Running = Awaited<ReturnType<typeof startTestStage>>;

interface Statement {
  Action: string | string[];
  Resource: unknown;
}

/** Takes one action out of whatever this function was granted on that table. */
function revoke(template: Template, functionName: string, action: string, table: string): void {
  for (const [id, { Type, Properties }] of Object.entries(template.Resources)) {
    if (Type !== 'AWS::IAM::Policy' || !id.includes(`${functionName}Function`)) continue;
    const { Statement } = Properties.PolicyDocument as { Statement: Statement[] };
    for (const statement of Statement) {
      if (!JSON.stringify(statement.Resource).includes(table)) continue;
      statement.Action = [statement.Action].flat().filter((each) => each !== action);
    }
  }
}

describe('a grant that is missing', () => {
  let running: Running;
  beforeAll(async () => {
    running = await startTestStage({
      alter: (stack, template) => {
        if (stack !== 'SwitchboardService') return;
        revoke(template, 'Disconnect', 'dynamodb:UpdateItem', 'Sessions');
      },
    });
  });
  afterAll(() => running.stop());

  it('fails on the stage as on AWS: AccessDenied names function, action and resource', async () => {
    const { place, stage } = running;
    const socket = await openSocket(place.outputs.WebSocketUrl ?? '');
    const { token } = await newPerson(place);
    await socket.ask({ action: 'authenticate', token, sessionId: 'tab' });
    await socket.close();
    const denied = await until(() => {
      const calls = stage.context.trace.recent();
      return calls.find(({ outcome }) => outcome.includes('AccessDenied'));
    }, 'the refusal');
    expect(denied).toMatchObject({ what: 'dynamodb:TransactWriteItems' });
    expect(denied.by).toContain('DisconnectFunction');
    const said = await until(() => {
      const logs = stage.context.trace.recent().filter(({ kind }) => kind === 'log');
      return logs.find((line) => JSON.stringify(line).includes('not authorized to perform'));
    }, 'the line in the log');
    const text = JSON.stringify(said);
    expect(text).toContain('dynamodb:UpdateItem');
    expect(text).toMatch(/table\/SwitchboardState-SwitchboardSessions/);
  });
});
