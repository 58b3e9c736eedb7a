import { createClient, type Client } from '../../contract/client.ts';
import { connectInMemory } from '../../contract/connection.ts';
import { placesBeside } from '../places.ts';
import { mountServices } from '../router.ts';

export interface Program {
  readonly client: Client;
  readonly notices: readonly string[];
  close(): Promise<void>;
}

/** The program as a window or a browser gets it, over a connection in this process. Loaded late: a refusal is quick. */
export async function openProgram(entryUrl: string): Promise<Program> {
  const { createApp } = await import('../../compose.ts');
  const app = createApp({ ...placesBeside(entryUrl), host: 'cli', onNotice: (notice) => console.error(notice) });
  await app.start('leave-docker');
  const [page, host] = connectInMemory();
  mountServices(app.services, host, { onFault: (error, method) => console.error(`${method}:`, error) });
  const client = createClient(page);
  return {
    client, notices: app.notices,
    close: async () => {
      client.close();
      await app.close();
    },
  };
}

/** Opens the program for one command and closes it whatever happens. */
export async function withProgram(entryUrl: string, command: (program: Program) => Promise<number>): Promise<number> {
  const program = await openProgram(entryUrl);
  try {
    for (const notice of program.notices) console.error(notice);
    return await command(program);
  } finally {
    await program.close();
  }
}
