import { openMongoProjectionStore, openMongoReadStore } from '#read-store';
import { readStoreContract, type ReadStoreUnderTest } from '../contracts/read-store.contract.js';
import { databaseOf, describeOn } from './mongo-servers.js';

const opened = async (url: string): Promise<ReadStoreUnderTest> => {
  const { db, close } = await databaseOf(url);
  return { write: openMongoProjectionStore({ db }), read: openMongoReadStore({ db }), close };
};

describeOn('first', 'read store on MongoDB', (url) => {
  readStoreContract(() => opened(url));
});

describeOn('second', 'read store on a server of plain operators', (url) => {
  readStoreContract(() => opened(url));
});
