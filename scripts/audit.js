// Audit functions for mongosh: mongosh "mongodb://…/muster" --file scripts/audit.js --shell, or
// load('scripts/audit.js') in a running shell. It only reads. It knows no entity. It folds events as packages/model
// does, so it shows what the log says, even if Users differs.
(() => {
  const pageEvents = 1_000;

  const audit = () => print(usage);

  const timeline = (id) => {
    const log = openLog();
    const key = readId(id, 'timeline');
    const found = findEntities(log, key);
    if (found.length === 0) return print(unknownId(log, key));
    for (const entity of found) {
      const { count, partition, state } = printStream(log, entity, key);
      const parked = parkedNote(log, { partition, 'event.entity': entity, 'event.entityId': key });
      print(`\n${describeNow(entity, key, state)}${parked}`);
      print(`${plural(count, 'event')} in ${log.name}.Events`);
    }
  };

  const at = (id, point) => {
    const log = openLog();
    const key = readId(id, 'at');
    const wanted = readPoint(point);
    const found = findEntities(log, key);
    if (found.length === 0) return print(unknownId(log, key));
    for (const entity of found) print(`\n${describeAt(entity, key, wanted, foldUntil(log, entity, key, wanted))}`);
  };

  const since = (when, limit = pageEvents) => {
    const log = openLog();
    const from = readWhen(when);
    const found = readSince(log, from, readLimit(limit) + 1);
    const shown = found.slice(0, limit);
    const heading = `since ${showTime(from)} in ${log.name}.Events`;
    if (shown.length === 0) return print(`No event ${heading}; the database's clock says ${showTime(databaseNow())}`);
    print(`\nEvents ${heading}\n`);
    const rows = shown.map(explainWith(loadStatesBefore(log, shown, new Map())));
    printTable(streamColumns, rows, streamColumns.map(headingWidth), true);
    if (rows.some(({ isGuess }) => isGuess))
      print('\n"?" is an old value that was not read, because the histories are long: timeline(id) shows it');
    const streams = plural(new Set(shown.map(streamOf)).size, 'stream');
    print(`\n${plural(shown.length, 'event')} of ${streams}${found.length > limit ? nextPage(shown, limit) : ''}`);
  };

  const tail = (options = {}) => {
    const log = openLog();
    const { seconds, count } = readTailOptions(options);
    const stream = watchInserts(log);
    const isBounded = Number.isFinite(seconds) || Number.isFinite(count);
    print(`Following the inserts into ${log.name}.Events${isBounded ? '' : '; Ctrl-C ends it'}\n`);
    const seen = follow(log, stream, Date.now() + seconds * 1_000, count);
    print(`\nFollowed ${log.name}.Events: ${plural(seen, 'event')}`);
  };

  const usage = `
timeline(id)        every event of this id, what each changed, and the state now
since(when)         the events of all streams since then; since(when, 5000) shows more than ${pageEvents}
at(id, version)     the state as it was at this version
at(id, when)        the state as it was at this time; at(id) as it is now
tail()              new events as they are stored, until Ctrl-C
                    tail({ for: 60 }) ends after 60 s, tail({ count: 10 }) after 10 events
audit()             this text

when: a Date, an ISO time such as "2026-01-31T09:30Z" (UTC if it has no zone),
      or how long ago: "90s", "15m", "1h", "7d"
`;

  // ---- the arguments

  const readId = (id, name) => {
    if ((typeof id === 'string' && id !== '') || typeof id === 'number') return String(id);
    throw new Error(`${name}(id) needs an id as text, such as ${name}("13AE742"), found ${showValue(id)}`);
  };

  const readPoint = (point) => {
    if (point === undefined) return { kind: 'now' };
    const version = typeof point === 'string' && /^\d+$/.test(point) ? Number(point) : point;
    if (typeof version !== 'number') return { kind: 'time', at: readWhen(point) };
    if (Number.isInteger(version) && version >= 0) return { kind: 'version', version };
    throw new Error(`Cannot read the version ${version}: expected 0, 1, 2, …`);
  };

  const readWhen = (when) => {
    if (isDate(when) && !Number.isNaN(when.getTime())) return when;
    const ago = /^(\d+(?:\.\d+)?)\s*([smhdw])$/.exec(when);
    if (ago) return new Date(databaseNow().getTime() - Number(ago[1]) * unitMs[ago[2]]);
    const iso = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:?\d\d)?)?$/.exec(when);
    const date = iso ? new Date(`${iso[1]}T${iso[2] ?? '00:00'}${iso[3] ?? 'Z'}`) : new Date(Number.NaN);
    if (!Number.isNaN(date.getTime())) return date;
    throw new Error(
      `Cannot read the time ${showValue(when)}: expected a Date, an ISO time such as "2026-01-31T09:30Z", ` +
        `or how long ago, such as "15m" or "1h"`,
    );
  };

  const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

  const readLimit = (limit) => {
    if (Number.isInteger(limit) && limit > 0) return limit;
    throw new Error(`Cannot show ${showValue(limit)} events: expected a number from 1`);
  };

  const readTailOptions = (options) => {
    const known =
      typeof options === 'object' &&
      options !== null &&
      Object.keys(options).every((name) => name === 'for' || name === 'count');
    const { for: seconds = Number.POSITIVE_INFINITY, count = Number.POSITIVE_INFINITY } = known ? options : {};
    if (known && seconds > 0 && count > 0) return { seconds, count };
    throw new Error(
      `Cannot follow with ${showValue(options)}: ` +
        `expected tail(), tail({ for: 60 }) in seconds, or tail({ count: 10 }) in events`,
    );
  };

  // ---- reading the log

  /** The log of the current database, or of `muster`. Read concern majority: a shown event cannot be rolled back. */
  const openLog = () => {
    const chosen = chooseDatabase();
    return {
      db: chosen,
      name: chosen.getName(),
      find: (filter) => chosen.getCollection('Events').find(filter).readConcern('majority'),
    };
  };

  const chooseDatabase = () => {
    if (hasEvents(db)) return db;
    const usual = db.getSiblingDB('muster');
    if (hasEvents(usual)) return usual;
    throw new Error(
      `Neither the current database, "${db.getName()}", nor "muster" has a collection Events: ` +
        `run use("…") with the name of Muster's database first`,
    );
  };

  const hasEvents = (database) => database.getCollectionInfos({ name: 'Events' }, { nameOnly: true }).length > 0;

  const databaseNow = () => db.hello().localTime ?? new Date();

  // no index begins with the id, so this searches the id under each entity's name: there are only a few
  const findEntities = (log, id) => {
    const found = [];
    for (const entity of entityNames(log))
      if (log.find({ entity, entityId: id }).limit(1).hasNext()) found.push(entity);
    return found;
  };

  const entityNames = (log) => log.db.getCollection('Events').distinct('entity').sort();

  const unknownId = (log, id) => {
    const entities = entityNames(log).map(showText).join(', ') || 'none, the log is empty';
    return `
No event in ${log.name}.Events has the id ${showValue(id)}.
  entities in it: ${entities}
  the clock:      ${showTime(databaseNow())}
To check: the id as in the address /api/user/{id} (A and a differ, no blanks); the server and the database (this one
is "${log.name}"; use("…") changes it); whether its creation was answered with 201: a write with a 503 "notWritten"
is not in the log.`;
  };

  const printStream = (log, entity, id) => {
    print(`\n${showText(entity)} ${showValue(id)}\n`);
    const widths = timelineColumns.map(headingWidth);
    const cursor = log.find({ entity, entityId: id }).sort({ version: 1 });
    const stream = { count: 0, partition: undefined, state: absent };
    for (let page = takePage(cursor); page.length > 0; page = takePage(cursor)) {
      const states = new Map([[streamOf(page[0]), stream.state]]);
      printTable(timelineColumns, page.map(explainWith(states)), widths, stream.count === 0);
      stream.state = states.get(streamOf(page[0]));
      stream.partition = page[0].partition;
      stream.count += page.length;
    }
    return stream;
  };

  const takePage = (cursor) => {
    const page = [];
    while (page.length < pageEvents && cursor.hasNext()) page.push(cursor.next());
    return page;
  };

  /** The state at that point, and the next event if there is one. */
  const foldUntil = (log, entity, id, wanted) => {
    const bound = wanted.kind === 'version' ? { version: { $lte: wanted.version + 1 } } : {};
    const cursor = log.find({ entity, entityId: id, ...bound }).sort({ version: 1 });
    let [state, next] = [absent, undefined];
    while (!next && cursor.hasNext()) {
      const event = cursor.next();
      if (isAfter(event, wanted)) next = event;
      else state = evolve(state, event);
    }
    cursor.close();
    return { state, next };
  };

  const isAfter = (event, wanted) => {
    switch (wanted.kind) {
      case 'now':
        return false;
      case 'version':
        return event.version > wanted.version;
      case 'time':
        return event.at > wanted.at;
    }
  };

  /**
   * The first events since then, of all partitions, in order of time. It queries one partition after the other, because
   * the index {partition, at} returns these in order. A sort by `at` over all partitions reads the whole log on some
   * servers. The events found so far limit the query of the next partition.
   */
  const readSince = (log, from, limit) => {
    let first = [];
    for (const partition of partitionsOf(log)) {
      const until = first.length < limit ? {} : { $lte: first[limit - 1].at };
      const found = log
        .find({ partition, at: { $gte: from, ...until } })
        .sort({ at: 1 })
        .limit(limit);
      first = [...first, ...found.toArray()].sort(byTime).slice(0, limit);
    }
    return first;
  };

  const partitionsOf = (log) => {
    const settings = log.db.getCollection('Settings').findOne({ _id: 'muster' });
    return settings
      ? Array.from({ length: Number(settings.partitions) }, (_, partition) => partition)
      : log.db.getCollection('Events').distinct('partition');
  };

  const byTime = (a, b) => a.at - b.at || compare(streamOf(a), streamOf(b)) || a.version - b.version;
  const compare = (a, b) => (a < b ? -1 : Number(a > b));

  /**
   * Adds the states before these events to `states`, shortest histories first. After 20,000 events it stops: the other
   * old values stay unknown.
   */
  const loadStatesBefore = (log, events, states) => {
    const firsts = new Map();
    for (const event of events) if (!firsts.has(streamOf(event))) firsts.set(streamOf(event), event);
    const needed = [...firsts.values()].filter(
      (event) => event.version > 1 && !isOwn(event) && states.get(streamOf(event))?.version !== event.version - 1,
    );
    needed.sort((a, b) => a.version - b.version);
    for (const event of needed) states.delete(streamOf(event));
    let left = historyEventsMax;
    for (const batch of batchesOf(needed)) {
      if (batch.reduce((sum, event) => sum + event.version - 1, 0) > left) break;
      left -= loadStates(log, batch, states, left);
    }
    return states;
  };

  const historyEventsMax = 20_000;
  const batchStreams = 100;

  const batchesOf = (events) =>
    [...new Set(events.map(({ entity }) => entity))].flatMap((entity) => {
      const ofEntity = events.filter((event) => event.entity === entity);
      return Array.from({ length: Math.ceil(ofEntity.length / batchStreams) }, (_, i) =>
        ofEntity.slice(i * batchStreams, (i + 1) * batchStreams),
      );
    });

  // The query has no limit on the version, because SecantusDB would scan for it. So it also reads and counts later
  // events, and stops at `max`.
  const loadStates = (log, firsts, states, max) => {
    const bounds = new Map(firsts.map((event) => [streamOf(event), event.version]));
    const cursor = log
      .find({ entity: firsts[0].entity, entityId: { $in: firsts.map(({ entityId }) => entityId) } })
      .sort({ entityId: 1, version: 1 });
    let read = 0;
    for (; read < max && cursor.hasNext(); read += 1) {
      const event = cursor.next();
      const stream = streamOf(event);
      if (event.version < bounds.get(stream)) states.set(stream, evolve(states.get(stream) ?? absent, event));
    }
    cursor.close();
    if (read === max)
      for (const [stream, version] of bounds) if (states.get(stream)?.version !== version - 1) states.delete(stream);
    return read;
  };

  const nextPage = (shown, limit) => {
    const from = shown[0].at;
    const last = shown[shown.length - 1].at;
    const next = from < last ? `since(${showValue(last)})` : `since(${showValue(last)}, ${limit * 10})`;
    return `; there are more, ${next} goes on from there`;
  };

  // the stream is open when this returns, so it brings all later events
  const watchInserts = (log) =>
    log.db.getCollection('Events').watch([{ $match: { operationType: 'insert' } }], { maxAwaitTimeMS: 250 });

  const follow = (log, stream, endsAt, count) => {
    const widths = [...tailWidths];
    let states = new Map();
    printTable(streamColumns, [], widths, true);
    let seen = 0;
    while (seen < count && Date.now() < endsAt) {
      const events = takeArrived(stream, Math.min(count - seen, tailPageEvents));
      if (states.size > statesMax) states = new Map();
      loadStatesBefore(log, events, states);
      printTable(streamColumns, events.map(explainWith(states)), widths, false);
      seen += events.length;
    }
    stream.close();
    return seen;
  };

  const statesMax = 10_000;
  const tailPageEvents = 100;

  const takeArrived = (stream, max) => {
    const events = [];
    for (let change = stream.tryNext(); change; change = events.length < max ? stream.tryNext() : null)
      events.push(change.fullDocument);
    return events;
  };

  // ---- folding

  const absent = { status: 'absent', version: 0 };

  const streamOf = (event) => `${event.entity} ${event.entityId}`;

  // Records are plain data: three kinds of events, which this script folds. Other entities have their own events, which
  // name the shape of their data. Only the entity's program can fold those.
  const isOwn = ({ meta }) => meta?.shape !== undefined;
  const kindOf = (event) => (isOwn(event) ? undefined : /(Created|Updated|Deleted)$/.exec(event.type)?.[1]);

  /**
   * The state after the event. An event that does not parse, or that does not have the next version, stops the fold, as
   * it stops the aggregators.
   */
  const evolve = (state, event) => {
    const obstacle = state.obstacle ?? findObstacle(state, event);
    if (obstacle) return { ...state, obstacle };
    const moved = { ...state, version: Number(event.version), at: event.at };
    if (isOwn(event)) return { ...moved, status: 'own' };
    if (!fits(state, event)) return moved;
    switch (kindOf(event)) {
      case 'Created':
        return { ...moved, status: 'active', fields: event.data, createdAt: event.at };
      case 'Updated':
        return { ...moved, fields: { ...state.fields, ...event.data } };
      case 'Deleted':
        return { ...moved, status: 'deleted', fields: undefined };
    }
  };

  const fits = (state, event) => state.status === (kindOf(event) === 'Created' ? 'absent' : 'active');

  const findObstacle = (state, event) => {
    if (Number(event.version) !== state.version + 1) return `version ${state.version + 1} is missing`;
    if (!isOwn(event) && !kindOf(event))
      return `version ${event.version} has the type ${showValue(event.type)}, which this script does not know`;
    return typeof event.data === 'object' && event.data !== null ? undefined : `version ${event.version} has no data`;
  };

  /** Applies the event to the stream's state and describes what changed. */
  const explainWith = (states) => (event) => {
    const stream = streamOf(event);
    const before = states.get(stream) ?? (Number(event.version) === 1 ? absent : undefined);
    if (before) states.set(stream, evolve(before, event));
    return { event, what: describeChange(before, event), isGuess: !before && kindOf(event) === 'Updated' };
  };

  const describeChange = (before, event) => {
    const values = Object.entries(event.data ?? {});
    const plain = values.map(([name, value]) => `${showText(name)}: ${showValue(value)}`).join(', ');
    if (!before)
      return kindOf(event) === 'Updated'
        ? values.map(([name, value]) => `${showText(name)}: ? → ${showValue(value)}`).join(', ')
        : plain;
    const obstacle = before.obstacle ?? findObstacle(before, event);
    if (obstacle) return `${plain}  (not folded: ${obstacle})`;
    if (!isOwn(event) && !fits(before, event)) return `${plain}  (without effect: it was ${before.status})`;
    if (kindOf(event) !== 'Updated') return plain;
    return values
      .map(([name, value]) => `${showText(name)}: ${showValue(before.fields[name])} → ${showValue(value)}`)
      .join(', ');
  };

  // ---- output

  const describeNow = (entity, id, state) => {
    const name = `${showText(entity)} ${showValue(id)}`;
    if (state.version === 0) return `${name} now: absent${obstacleNote(state)}`;
    const pointer = pointerBefore(id, state);
    const since = `${statusWord(state)}at version ${state.version}, since ${showTime(state.at)}`;
    return `${name} now: ${since}${pointer}${fieldLines(state)}${obstacleNote(state)}`;
  };

  const pointerBefore = (id, state) =>
    state.status === 'deleted' ? `; at(${showValue(id)}, ${state.version - 1}) shows what it was` : '';

  const describeAt = (entity, id, wanted, { state, next }) => {
    const name = `${showText(entity)} ${showValue(id)} ${showPoint(wanted)}`;
    const beyond = wanted.kind === 'version' && wanted.version > state.version && !state.obstacle;
    if (beyond) return `${name}: its last version is ${state.version}, ${statusWord(state)}since ${showTime(state.at)}`;
    const until = next ? ` until ${showTime(next.at)} (version ${next.version}, ${showText(next.type)})` : '';
    if (state.version === 0) return `${name}: absent${until}${obstacleNote(state)}`;
    const last = next || state.obstacle ? '' : ', its last version';
    const pointer = pointerBefore(id, state);
    const from = `${statusWord(state)}at version ${state.version}${last}, from ${showTime(state.at)}${until}`;
    return `${name}: ${from}${pointer}${fieldLines(state)}${obstacleNote(state)}`;
  };

  const statusWord = ({ status }) => (status === 'own' ? '' : `${status} `);

  const showPoint = (wanted) => {
    switch (wanted.kind) {
      case 'now':
        return `as of ${showTime(databaseNow())}`;
      case 'version':
        return `as of version ${wanted.version}`;
      case 'time':
        return `as of ${showTime(wanted.at)}`;
    }
  };

  const fieldLines = (state) => {
    if (state.status === 'own') return ownNote;
    const fields = Object.entries(state.fields ?? {}).map(([name, value]) => [showText(name), showValue(value)]);
    const width = Math.max(0, ...fields.map(([name]) => name.length));
    return fields.map(([name, value]) => `\n  ${name.padEnd(width)}  ${value}`).join('');
  };

  const ownNote =
    '\n  its state is not shown: this script cannot fold the own events of an entity, only those of records. ' +
    'GET with its id shows the state of now';

  const obstacleNote = (state) => (state.obstacle ? `\n  the events after that are not folded: ${state.obstacle}` : '');

  // an event that the aggregators could not apply: they know the entity's rules, which this script does not
  const parkedNote = (log, filter) => {
    const parked = log.db.getCollection('DeadLetters').find(filter).sort({ 'event.version': 1 }).limit(1).toArray();
    const notes = parked.map(
      ({ event, error }) =>
        `\n  parked by the aggregators from version ${event.version} on: ${showText(error)} (see DeadLetters)`,
    );
    return notes.join('');
  };

  const eventColumns = [
    { heading: 'version', show: ({ event }) => String(event.version).padStart(7) },
    { heading: 'type', show: ({ event }) => showText(event.type) },
    { heading: 'request', show: ({ event }) => showMeta(event.meta) },
    { heading: 'what changed', show: ({ what }) => what },
  ];
  const timeColumn = { heading: 'time', show: ({ event }) => showTime(event.at) };
  const streamColumn = {
    heading: 'stream',
    show: ({ event }) => `${showText(event.entity)} ${showText(event.entityId)}`,
  };

  const timelineColumns = [timeColumn, ...eventColumns];
  const streamColumns = [timeColumn, streamColumn, ...eventColumns];
  const headingWidth = ({ heading }) => heading.length;

  /** Prints the rows in columns. `widths` grows with wide values, so that the pages of one table are aligned. */
  const printTable = (columns, rows, widths, hasHeading) => {
    const cells = rows.map((row) => columns.map(({ show }) => show(row)));
    for (const row of cells) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i], cell.length);
    const lines = hasHeading ? [columns.map(({ heading }) => heading), ...cells] : cells;
    for (const line of lines)
      print(
        line
          .map((cell, i) => (i === line.length - 1 ? cell : cell.padEnd(widths[i])))
          .join('  ')
          .trimEnd(),
      );
  };

  const showTime = (at) => (isDate(at) && !Number.isNaN(at.getTime()) ? at.toISOString() : showValue(at));

  const showMeta = (meta) => {
    const { requestId, ...others } = meta ?? {};
    const words = Object.entries(others).map(
      ([name, value]) => `${showText(name)}=${typeof value === 'string' ? showText(value) : showValue(value)}`,
    );
    return [showText(requestId ?? '-'), ...words].join(' ');
  };

  const showValue = (value) => {
    if (value === undefined) return '(none)';
    return escapeUnseen(isDate(value) ? JSON.stringify(value) : EJSON.stringify(value));
  };

  const showText = (text) => escapeUnseen(String(text));

  // values from clients must not move the cursor, or hide or reverse text on the screen
  const escapeUnseen = (text) =>
    text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (letter) => escapeLetter(letter.codePointAt(0).toString(16)));
  const escapeLetter = (hex) => (hex.length > 4 ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`);

  const isDate = (value) => Object.prototype.toString.call(value) === '[object Date]';
  const plural = (count, noun) => `${count} ${noun}${count === 1 ? '' : 's'}`;

  const tailWidths = [24, 24, 7, 12, 36, 0];

  const greet = () => {
    const { name } = openLog();
    const why = name === db.getName() ? '' : `, because the current database "${db.getName()}" has no Events`;
    print(
      `Muster's log in "${name}"${why}: timeline(id)  since(when)  at(id, version or when)  ` +
        `tail()  -  audit() explains`,
    );
  };

  Object.assign(globalThis, { audit, timeline, since, at, tail });
  greet();
})();
