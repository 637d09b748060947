/**
 * Whether a stack in this status goes back, or away: then a gate lets everything pass, since it would hold up what
 * repairs. Only what is in progress counts. Just after an update began CloudFormation may still tell the status
 * that the stack had before, for example `UPDATE_ROLLBACK_COMPLETE`, which must not open a gate of this update.
 */
export const isLettingGo = (stackStatus: string | null): boolean =>
  stackStatus !== null && /ROLLBACK_IN_PROGRESS$|^DELETE_(?:IN_PROGRESS|COMPLETE)$/.test(stackStatus);
