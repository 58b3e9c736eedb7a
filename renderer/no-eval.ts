import { config } from 'zod';

// The page policy forbids eval, which zod's compiler would try. Imported first: schemas look at this when they are made.
config({ jitless: true });
