import { randomBytes } from 'node:crypto';

/** 128 random bits as text that is safe in a ticket: nobody else can have the same. */
export const uniqueToken = (): string => randomBytes(16).toString('hex');
