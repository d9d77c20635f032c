/** Where a template is deployed to. */
export interface Environment {
  account: string;
  region: string;
  stackName: string;
}
