// Asks another evaluator of IAM's policies for its verdicts on the questions in iam_verdicts.json, and prints that anew:
//   npm install @cloud-copilot/iam-simulate && node make_iam_verdicts.mjs iam_verdicts.json
// 1 is allowed, 0 is denied; - is a question that it refuses, such as an action on a resource of another kind.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
const require = createRequire(process.cwd() + '/')
const { runSimulation } = require('@cloud-copilot/iam-simulate')

const { policies, requests } = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const verdicts = {}
for (const [role, documents] of Object.entries(policies)) {
  verdicts[role] = ''
  for (const { action, resource, context } of requests) {
    const contextVariables = Object.fromEntries(
      Object.entries(context).map(([key, values]) => [key, values.length === 1 ? values[0] : values])
    )
    const answer = await runSimulation({
      request: {
        principal: 'arn:aws:iam::123456789012:role/function',
        action,
        resource: { resource, accountId: '123456789012' },
        contextVariables
      },
      identityPolicies: documents.map((policy, number) => ({ name: `${number}`, policy })),
      serviceControlPolicies: [],
      resourceControlPolicies: []
    }, {})
    verdicts[role] += { Allowed: '1', ImplicitlyDenied: '0', ExplicitlyDenied: '0' }[answer.overallResult] ?? '-'
  }
}
const lines = (object, write) => Object.entries(object).map(([key, value]) => `${JSON.stringify(key)}: ${write(value)}`)
process.stdout.write(`{"policies": {
${lines(policies, JSON.stringify).join(',\n')}
}, "requests": [
${requests.map((each) => JSON.stringify(each)).join(',\n')}
], "verdicts": {
${lines(verdicts, JSON.stringify).join(',\n')}
}}
`)
