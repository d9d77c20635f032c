/** Whose a resource is, by its tags. Pure. */

/** Tags by which infrastructure as code marks what it owns. Lower-case; a trailing `*` is a prefix. */
const ownerKeys = [
  'aws:cloudformation:*',
  'terraform*',
  'tf-*',
  'tf:*',
  'managed-by',
  'managedby',
  'pulumi*',
  'owner',
  'team',
  'kubernetes.io/created-for/*',
];

function isOwnerTag([key]: [string, string]): boolean {
  return ownerKeys.some((owner) =>
    owner.endsWith('*') ? key.toLowerCase().startsWith(owner.slice(0, -1)) : key.toLowerCase() === owner,
  );
}

export function ownerTagsOf(tags: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tags)
      .filter(isOwnerTag)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}
