/** A word for a POSIX shell: nothing in it is expanded. The only way a path gets into a command line. */
export const shellWord = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
