/** How the ledger's journal names a storage, and which calls grow one. Pure. */

export const isGrowth = (action: string): boolean =>
  action === 'ec2:ModifyVolume' || action === 'kafka:UpdateBrokerStorage';

/** `volume/vol-…`, or `storage/<cluster>` of `msk/<cluster>`. */
export const subjectOf = (volumeId: string): string =>
  volumeId.startsWith('msk/') ? volumeId.replace('msk/', 'storage/') : `volume/${volumeId}`;

export const volumeIdOf = (subject: string): string =>
  subject.startsWith('storage/') ? subject.replace('storage/', 'msk/') : subject.replace('volume/', '');
