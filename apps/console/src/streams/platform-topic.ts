/** Topics that Koine writes and clients only read. */
export const isPlatformTopic = (name: string): boolean => name.startsWith('koine.')
