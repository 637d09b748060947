/**
 * Works on the messages of a batch: those of one message group one after the other, and groups beside
 * each other. A batch of a FIFO queue may hold several groups, and one that waits, or whose calls are
 * not answered, must not take the time of the others.
 *
 * @param work never fails: what goes wrong with a message is told where it happens.
 */
export async function workByGroup<Message>(
  messages: readonly Message[],
  groupOf: (message: Message) => string,
  work: (message: Message) => Promise<void>,
): Promise<void> {
  const inOrder = async (own: readonly Message[]): Promise<void> => {
    for (const message of own) await work(message);
  };
  await Promise.all([...Map.groupBy(messages, groupOf).values()].map(inOrder));
}
