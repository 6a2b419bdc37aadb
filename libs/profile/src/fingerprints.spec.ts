import { createHash } from 'node:crypto';
import { StoreUnavailable } from '#event-store';
import { memoryVault } from '#vault';
import { bodyFingerprints } from './fingerprints.js';

const body = { email: 'sara@northwind.test', password: 'a-harbour-at-dawn' };

describe('COR-5: fingerprints of bodies', () => {
  it('are the same for the same body, however its members are ordered', async () => {
    const fingerprints = bodyFingerprints(memoryVault().secrets);
    expect(await fingerprints.of({ password: body.password, email: body.email })).toBe(await fingerprints.of(body));
  });

  it('are other ones for another body, and for none', async () => {
    const fingerprints = bodyFingerprints(memoryVault().secrets);
    const all = await Promise.all(
      [body, { ...body, password: 'a-harbour-at-noon' }, {}, undefined].map((each) => fingerprints.of(each)),
    );
    expect(new Set(all).size).toBe(4);
  });

  it('hang on a key of the installation: a password cannot be tried against one', async () => {
    const [one, other] = [bodyFingerprints(memoryVault().secrets), bodyFingerprints(memoryVault().secrets)];
    expect(await one.of(body)).not.toBe(await other.of(body));
    expect(await one.of(body)).not.toBe(createHash('sha256').update(JSON.stringify(body)).digest('base64url'));
  });

  it('are made again once a vault that failed works', async () => {
    const { secrets } = memoryVault();
    const obtain = jest.fn(secrets.obtain).mockRejectedValueOnce(new StoreUnavailable('the disk is full'));
    const fingerprints = bodyFingerprints({ ...secrets, obtain });
    await expect(fingerprints.of(body)).rejects.toThrow(StoreUnavailable);
    expect(await fingerprints.of(body)).toBe(await bodyFingerprints({ ...secrets }).of(body));
  });
});
