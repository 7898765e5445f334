// Synthesises `scaleOnMetric` with aws-cdk-lib: a JSON list of {adjustmentType, scalingSteps} in, for each the policies
// and alarms that the CDK makes of it, or its error, out. Usage: node synth.cjs TOOLS OUTPUT < cases.json, with the
// directory that holds node_modules, and the one that the CDK may write its templates to.
'use strict'
const { createRequire } = require('node:module')
const { readFileSync } = require('node:fs')

const installed = createRequire(`${process.argv[2]}/`)
const { App, Stack } = installed('aws-cdk-lib/core')
const { ScalableTarget } = installed('aws-cdk-lib/aws-applicationautoscaling')
const { Metric } = installed('aws-cdk-lib/aws-cloudwatch')

const cases = JSON.parse(readFileSync(0, 'utf8'))
const app = new App({ analyticsReporting: false, outdir: process.argv[3] })

const target = (stack) =>
  new ScalableTarget(stack, 'target', {
    serviceNamespace: 'ecs',
    resourceId: 'service/B/api',
    scalableDimension: 'ecs:service:DesiredCount',
    minCapacity: 1,
    maxCapacity: 100,
  })
// The metric's name says which case a resource belongs to.
const add = (to, { adjustmentType, scalingSteps }, index) =>
  to.scaleOnMetric(`case${index}`, {
    metric: new Metric({ namespace: 'test', metricName: `${index}` }),
    adjustmentType,
    scalingSteps,
  })

// What the CDK refuses leaves half of its resources behind: only the others are synthesised.
const errors = cases.map((one, index) => {
  try {
    add(target(new Stack(new App(), 'trial')), one, index)
    return null
  } catch (error) {
    return error.message
  }
})
// A stack holds 500 resources at most; a case has up to four.
const stacks = Array.from({ length: Math.ceil(cases.length / 100) }, (_, n) => target(new Stack(app, `stack${n}`)))
cases.forEach((one, index) => errors[index] ?? add(stacks[Math.floor(index / 100)], one, index))
const resources = Object.assign({}, ...app.synth().stacks.map((stack) => stack.template.Resources))

const results = errors.map((error) => (error === null ? { alarms: [] } : { error }))
for (const { Type: type, Properties: alarm } of Object.values(resources)) {
  if (type !== 'AWS::CloudWatch::Alarm') continue
  const policy = resources[alarm.AlarmActions[0].Ref].Properties.StepScalingPolicyConfiguration
  results[Number(alarm.MetricName)].alarms.push({
    threshold: alarm.Threshold,
    comparisonOperator: alarm.ComparisonOperator,
    adjustmentType: policy.AdjustmentType,
    steps: policy.StepAdjustments.map((step) => ({
      lower: step.MetricIntervalLowerBound ?? null,
      upper: step.MetricIntervalUpperBound ?? null,
      adjustment: step.ScalingAdjustment,
    })),
  })
}
process.stdout.write(JSON.stringify(results))
