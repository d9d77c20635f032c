/** Something in the account that is not as the fleet file says. A note explains; a problem makes `validate` fail. */
export interface Finding {
  severity: 'problem' | 'note';
  cluster: string;
  /** Stable, e.g. `no-brokers`, `metric-missing`, `cluster-express`. */
  code: string;
  message: string;
}

export type MakeFinding = (severity: Finding['severity'], code: string, message: string) => Finding;

export function findingsFor(cluster: string): MakeFinding {
  return (severity, code, message) => ({ severity, cluster, code, message });
}
