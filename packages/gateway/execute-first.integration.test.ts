import { asset, note } from '@muster/entities';
import type { Entity, Fields } from '@muster/model';
import { ensureCollections, type Log, openLog } from '@muster/store';
import { openTestDatabase, storedEvents, type TestDatabase } from '@muster/testing';
import { expect } from 'chai';
import { executeCommand } from './execute-command.ts';
import type { Gateway } from './gateway.ts';
import { closeMembers } from './members.ts';
import type { Outcome } from './outcome.ts';
import { openTestGateway } from './test-gateway.ts';

const entities = [asset, note];

describe('A command that goes first', function () {
  this.timeout(60_000);
  let database: TestDatabase;
  let log: Log;
  let gateways: Gateway[] = [];
  let nextAsset = 0;
  let assetId = '';

  before(async () => {
    database = await openTestDatabase();
    log = openLog({ ...database, appName: 'test' });
    await ensureCollections(log, entities, { partitions: 4, hash: 'test' });
  });
  after(async () => {
    await log[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    gateways = [0, 1, 2].map(() => openTestGateway(log, entities));
    nextAsset += 1;
    assetId = `asset-${nextAsset}`;
    expect((await run(0, asset, assetId, 'create', { name: 'A' })).kind).to.equal('done');
  });
  afterEach(() => {
    for (const { members } of gateways) closeMembers(members);
  });

  const run = (at: number, entity: Entity, id: string, name: string, input: Fields, deadlineMs = 20_000) => {
    const type = entity.commands.get(name);
    const gateway = gateways[at % gateways.length];
    if (!type || !gateway) throw new Error(`there is no ${name}`);
    const deadlineAt = performance.now() + deadlineMs;
    const common = { requestId: 'test', actor: '', trace: '', deadlineAt };
    return executeCommand(gateway, { entity, id, command: { type, input }, ...common });
  };
  const createNote = (at: number, id: string, ofAsset = assetId) =>
    run(at, note, id, 'create', { content: 'x', asset_id: ofAsset });
  const reasonOf = (outcome: Outcome) =>
    outcome.kind === 'firstFailed' && outcome.outcome.kind === 'refused'
      ? `first ${outcome.outcome.refusal.reason}`
      : outcome.kind;
  const typesOf = async (id: string) => (await storedEvents(log, id)).map(({ type }) => type);

  it('comes before the event of the command that names it', async () => {
    expect(reasonOf(await createNote(0, 'n1'))).to.equal('done');
    expect(await typesOf(assetId)).to.deep.equal(['AssetCreated', 'NoteAttached']);
    expect(await typesOf('n1')).to.deep.equal(['NoteCreated']);
  });

  it('refuses the whole: neither stream has an event', async () => {
    expect(reasonOf(await createNote(0, 'n2', 'unknown'))).to.equal('first NotFound');
    expect(reasonOf(await createNote(0, 'n2', 'no id, as it has spaces'))).to.equal('first NotFound');
    await run(1, asset, assetId, 'delete', {});
    expect(reasonOf(await createNote(0, 'n2'))).to.equal('first Deleted');
    expect(await typesOf('n2')).to.deep.equal([]);
    expect(await typesOf('unknown')).to.deep.equal([]);
    expect(await typesOf(assetId)).to.deep.equal(['AssetCreated', 'AssetDeleted']);
  });

  it('is not run for a thing that this gateway knows to exist', async () => {
    await createNote(0, 'n3');
    const again = await createNote(0, 'n3');
    expect(again.kind === 'refused' && again.refusal.reason).to.equal('Exists');
    expect(await typesOf(assetId)).to.deep.equal(['AssetCreated', 'NoteAttached']);
  });

  it('shares the deadline of the command', async () => {
    const late = await run(0, note, 'n4', 'create', { content: 'x', asset_id: assetId }, 0);
    const inner = late.kind === 'firstFailed' ? late.outcome : late;
    expect(inner).to.include({ kind: 'unavailable', written: 'notWritten' });
    expect(await typesOf('n4')).to.deep.equal([]);
  });

  it('decides a race: notes are created before the asset is deleted, or not at all', async () => {
    const ids = Array.from({ length: 90 }, (_, at) => `${assetId}-note-${at}`);
    let settled = 0;
    let startDelete = () => {};
    const some = new Promise<void>((resolve) => {
      startDelete = resolve;
    });
    const creating = ids.map(async (id, at) => {
      if (at >= 60) await some; // these race with the delete
      const outcome = await createNote(at, id);
      settled += 1;
      if (settled === 20) startDelete();
      return { id, reason: reasonOf(outcome) };
    });
    await some;
    expect((await run(1, asset, assetId, 'delete', {})).kind).to.equal('done');
    const outcomes = await Promise.all(creating);
    const stream = await storedEvents(log, assetId);
    const deletedAt = stream.find(({ type }) => type === 'AssetDeleted')?.version ?? 0;
    expect(stream.at(-1)?.version).to.equal(deletedAt);
    const attached = new Set(stream.filter(({ type }) => type === 'NoteAttached').map(({ data }) => data.note));
    for (const { id, reason } of outcomes) {
      expect(reason).to.be.oneOf(['done', 'first Deleted']);
      expect(attached.has(id), `${id} is ${reason}`).to.equal(reason === 'done');
      expect(await typesOf(id)).to.deep.equal(reason === 'done' ? ['NoteCreated'] : []);
    }
    expect(outcomes.filter(({ reason }) => reason === 'done').length).to.be.at.least(20);
    expect(outcomes.filter(({ reason }) => reason !== 'done').length).to.be.at.least(1);
  });
});
