import { setTimeout as sleep } from 'node:timers/promises';
import { type Admin, type Document, MongoClient, MongoServerError } from 'mongodb';

/**
 * Makes the mongod at `address` (host:port) the only member of replica set `name`, and waits until it accepts writes.
 * Change streams need a replica set. Works also when the data were created at another address. Throws when that takes
 * longer than `deadlineMs` milliseconds.
 */
export const ensureReplicaSet = async (address: string, name: string, deadlineMs: number): Promise<void> => {
  await using client = new MongoClient(`mongodb://${address}/?directConnection=true`, {
    serverSelectionTimeoutMS: deadlineMs,
  });
  const admin = client.db('admin').admin();
  const config = await readConfig(admin);
  if (config === undefined) await initiate(admin, name, address);
  else if (config.members[0]?.host !== address)
    await admin.command({ replSetReconfig: movedTo(address, config), force: true });
  for (const deadline = Date.now() + deadlineMs; Date.now() < deadline; await sleep(50)) {
    const { isWritablePrimary } = await admin.command({ hello: 1 });
    if (isWritablePrimary === true) return;
  }
  throw new Error(
    `Cannot start the embedded MongoDB: ${address} is not primary of ${name} after ${deadlineMs / 1_000} s`,
  );
};

const readConfig = async (admin: Admin): Promise<Document | undefined> => {
  try {
    const { config } = await admin.command({ replSetGetConfig: 1 });
    return config;
  } catch (error) {
    if (error instanceof MongoServerError && error.codeName === 'NotYetInitialized') return undefined;
    throw error;
  }
};

const initiate = async (admin: Admin, name: string, address: string): Promise<void> => {
  try {
    await admin.command({ replSetInitiate: { _id: name, members: [{ _id: 0, host: address }] } });
  } catch (error) {
    // the server was still reading its configuration when `readConfig` asked
    if (!(error instanceof MongoServerError && error.codeName === 'AlreadyInitialized')) throw error;
  }
};

/** Returns the configuration of the same replica set with its one member at another address. Pure. */
export const movedTo = (address: string, config: Document): Document => ({
  ...config,
  version: config.version + 1,
  members: [{ ...config.members[0], host: address }],
});
