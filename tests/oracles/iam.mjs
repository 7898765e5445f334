// Evaluates requests with @cloud-copilot/iam-simulate: a JSON line in, its decision out, until the input ends.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

// From where setup.sh installed it; ESM does not read NODE_PATH.
const require = createRequire(process.argv[2] + '/')
const { runUnsafeSimulation } = require('@cloud-copilot/iam-simulate')

const account = '111122223333'
const named = (policy, index) => ({ name: `policy-${index}`, policy })
// A key with several values is a list; one with a single value is that value.
const valueOf = (values) => (values.length === 1 ? values[0] : values)

const decide = ({ identity, boundary, action, resource, context }) =>
  runUnsafeSimulation({
    request: {
      principal: `arn:aws:iam::${account}:role/controller`,
      action,
      resource: { resource, accountId: account },
      contextVariables: Object.fromEntries(Object.entries(context).map(([key, values]) => [key, valueOf(values)])),
    },
    identityPolicies: identity.map(named),
    permissionBoundaryPolicies: boundary ? [named(boundary, 'boundary')] : undefined,
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  })

for await (const line of createInterface({ input: process.stdin })) {
  let decision
  try {
    decision = decide(JSON.parse(line))
  } catch (error) {
    decision = `error: ${error.message}`.replaceAll('\n', ' ')
  }
  process.stdout.write(decision + '\n')
}
