import { ensurePackaged } from '../../infra/build/package.ts';

export const setup = (): Promise<void> => ensurePackaged();
