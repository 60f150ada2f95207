import { readFileSync } from 'node:fs';
import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { metrics } from '../../contract/metrics.ts';
import { streamSources } from '../../lib/constructs/stream-sources.ts';
import { pascalCase } from '../../lib/pascal-case.ts';
import { keysOf } from '../../lib/records.ts';
import { synthesize } from './templates.ts';

let service: Template;
beforeAll(async () => {
  ({ service } = await synthesize({
    alarmTopic: 'arn:aws:sns:us-east-1:123456789012:woken',
    manyConnections: 500,
  }));
}, 60_000);

const alarms = () =>
  Object.entries(service.findResources('AWS::CloudWatch::Alarm')).map(
    ([id, { Properties }]) => [id, Properties] as const,
  );

describe('alarms', () => {
  it('[S2-08] each has a section in the runbook, and each section its alarm', () => {
    const operations = readFileSync('docs/OPERATIONS.md', 'utf8');
    const chapter = /\n## Alarms\n([\s\S]*?)\n## /.exec(operations)?.[1] ?? '';
    const sections = [...chapter.matchAll(/^### (\w+)$/gm)].map(([, title]) => title);
    const named = alarms().map(([, { AlarmDescription }]) => /“(\w+)”/.exec(AlarmDescription)?.[1]);
    expect([...new Set(named)].sort()).toEqual(sections.toSorted());
    expect(sections.length).toBeGreaterThan(10);
  });

  it('tell the topic that the operator names, all of them', () => {
    for (const [id, { AlarmActions }] of alarms()) {
      expect(AlarmActions, id).toEqual(['arn:aws:sns:us-east-1:123456789012:woken']);
    }
  });

  it('[S2-08] begin where the operator says, and a sweep that is silent is bad', () => {
    const byName = (name: string) =>
      alarms().find(([id]) => new RegExp(`^Switchboard${name}Alarm[0-9A-F]{8}$`).test(id))?.[1];
    expect(byName('ManyConnections')).toMatchObject({
      MetricName: 'ActiveConnections',
      Namespace: 'Switchboard',
      Dimensions: [{ Name: 'service', Value: 'SwitchboardService' }],
      Threshold: 500,
      TreatMissingData: 'notBreaching',
    });
    expect(byName('SweepIsSilent')).toMatchObject({
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
    });
  });

  it('watch how far behind each stream is', () => {
    const lagging = alarms()
      .filter(([, { MetricName }]) => MetricName === 'IteratorAge')
      .map(([, { Dimensions }]) => Dimensions[0].Value.Ref.replace(/Function.*/, ''));
    expect(lagging.toSorted()).toEqual(
      keysOf(streamSources)
        .map((name) => `Switchboard${pascalCase(name)}`)
        .toSorted(),
    );
  });

  it('watch every queue in which something can be left lying', () => {
    const ends = Object.keys(service.findResources('AWS::SQS::Queue')).filter((id) =>
      /DeadLetters|Failures/.test(id),
    );
    const watched = alarms()
      .filter(([id]) => id.includes('Parked'))
      .map(([, { Dimensions }]) => Dimensions[0].Value['Fn::GetAtt'][0]);
    expect(watched.toSorted()).toEqual(ends.toSorted());
  });
});

describe('the dashboard', () => {
  it('[S2-08] [S3-09] [S4-07] shows every metric there is', () => {
    const [dashboard] = Object.values(service.findResources('AWS::CloudWatch::Dashboard'));
    const body = JSON.stringify(dashboard?.Properties.DashboardBody);
    for (const name of Object.keys(metrics)) expect(body, name).toContain(`\\"${name}\\"`);
    expect(body).toContain('ConcurrentExecutions');
  });
});

it('none of it is there where the operator wants none', async () => {
  const bare = (await synthesize({ monitoring: false })).service;
  bare.resourceCountIs('AWS::CloudWatch::Alarm', 0);
  bare.resourceCountIs('AWS::CloudWatch::Dashboard', 0);
}, 60_000);
