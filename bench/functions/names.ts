/** What events, answers and seeds agree on. */
export const instanceId = 'i-0123456789abcdef0';
export const volumeId = 'vol-0123456789abcdef0';
export const commandId = '11111111-2222-3333-4444-555555555555';
