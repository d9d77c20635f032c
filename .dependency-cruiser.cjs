/** Who may import whom: docs/design.md. Checked by `npm run imports`. */
const pure =
  '^functions/[a-z]+/(ec2/|msk/)?(decide|decision|plan|forecast|limits|diff|caps|usage|window|facts|growth|outcome|advice|plan-hash|owner-tags)\\.ts$';
const production = '^functions/';

module.exports = {
  forbidden: [
    {
      name: 'pure-imports-pure',
      comment: 'Pure modules import pure modules and types only: no clock, no I/O, no SDK, no logging.',
      severity: 'error',
      from: { path: pure },
      to: {
        pathNot: [
          pure,
          '^node:crypto$',
          '^crypto$',
          '^functions/fleet/fleet\\.ts$',
          '^functions/gateways/(types|ledger/ledger)\\.ts$',
        ],
      },
    },
    {
      name: 'only-gateways-import-the-sdk',
      severity: 'error',
      from: { path: production, pathNot: ['^functions/gateways/'] },
      to: { path: 'node_modules/@aws-sdk/' },
    },
    {
      name: 'gateways-know-no-capability',
      severity: 'error',
      from: { path: '^functions/gateways/' },
      to: { path: '^functions/(storage|fleet|control|backup|migration|cutover)/' },
    },
    {
      name: 'steps-take-gateways-as-types',
      comment: 'A step receives its gateways; only its .lambda.ts wires them. faults.ts is vocabulary.',
      severity: 'error',
      from: { path: '\\.step\\.ts$' },
      to: { path: '^functions/gateways/', pathNot: ['types\\.ts$', 'ledger/ledger\\.ts$', 'faults\\.ts$'] },
    },
    {
      name: 'production-knows-no-simulator',
      severity: 'error',
      from: { path: production },
      to: { path: '^(simulator|cli|test|infra|bench)/' },
    },
    {
      name: 'capabilities-through-their-index',
      severity: 'error',
      from: { path: '^functions/(control|fleet|relief)/' },
      to: { path: '^functions/storage/', pathNot: '^functions/storage/index\\.ts$' },
    },
    {
      name: 'kinds-behind-their-door',
      comment:
        'What differs by kind of cluster is one folder; kinds.ts is its door. Steps of EBS growth may use their own kind.',
      severity: 'error',
      from: {
        path: '^functions/storage/(growth|decide|decision|forecast|limits|caps|usage|window|facts|survey|operation|observe|apply|verify|follow-operation|await-growth|record|remember|reconcile)(\\.step)?\\.ts$',
      },
      to: { path: '^functions/storage/(ec2|msk)/' },
    },
    {
      name: 'states-language-stands-alone',
      severity: 'error',
      from: { path: '^simulator/states-language/' },
      to: { path: '^(functions|cli|infra|simulator/(?!states-language|random))' },
    },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: {
        orphan: true,
        pathNot: ['\\.(test|contract)\\.ts$', '^test/', '\\.config\\.', '^bench/', '\\.asl\\.json$'],
      },
      to: {},
    },
    {
      name: 'no-dev-dependencies-in-production',
      severity: 'error',
      from: { path: production },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: 'node_modules/@types/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|cdk\\.out|out)/' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
